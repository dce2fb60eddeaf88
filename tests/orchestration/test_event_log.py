"""Dagster's event log with kept engines: the same files and the same answers as Dagster's own class."""

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster import DagsterInstance
from dagster._core.assets import AssetDetails  # noqa: TID251 - what Dagster itself writes there
from dagster._serdes import serialize_value

from orchestration.event_log import KeptEngines
from orchestration.resources import EVENTS
from schoolstat.ui import DAGSTER_YAML


@dg.asset(check_specs=[dg.AssetCheckSpec("even", asset="rows")])
def rows():
    """One asset with one check."""
    yield dg.MaterializeResult(metadata={"rows": 2}, check_results=[dg.AssetCheckResult(passed=True)])


@pytest.fixture
def instance(tmp_path, monkeypatch):
    """An instance as the product configures it, which writes what comes together in one transaction."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_EVENT_BATCH_SIZE", "1000")
    (tmp_path / "dagster.yaml").write_text(DAGSTER_YAML, encoding="utf-8")
    with DagsterInstance.get() as opened:
        yield opened


def told(instance, run_id):
    """What a run's events, the index and the checks say."""
    events = [entry.dagster_event_type for entry in instance.all_logs(run_id) if entry.is_dagster_event]
    latest = instance.get_latest_materialization_event(dg.AssetKey("rows"))
    key = dg.AssetCheckKey(dg.AssetKey("rows"), "even")
    checks = instance.event_log_storage.get_asset_check_execution_history(key, limit=9)
    return events, latest.run_id, [(check.status.value, check.run_id) for check in checks]


def test_kept_engines__are_read_by_dagsters_own_class(instance, tmp_path):
    assert isinstance(instance.event_log_storage, KeptEngines)
    runs = [dg.materialize([rows], instance=instance).run_id for _ in range(2)]
    found = [told(instance, run_id) for run_id in runs]
    assert found[0][0].count(dg.DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED) == 1
    assert found[1][1:] == (runs[1], [("SUCCEEDED", runs[1]), ("SUCCEEDED", runs[0])])
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with DagsterInstance.get() as plain:
        assert not isinstance(plain.event_log_storage, KeptEngines)
        assert [told(plain, run_id) for run_id in runs] == found


def test_asset_records__are_those_of_dagsters_own_class(instance, tmp_path):
    keys = [dg.AssetKey("rows"), dg.AssetKey("never_made")]
    assert list(instance.get_asset_records(keys)) == []
    runs = [dg.materialize([rows], instance=instance).run_id for _ in range(2)]
    found = instance.get_asset_records(keys)
    assert [record.asset_entry.last_materialization_record.run_id for record in found] == [runs[1]]
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with DagsterInstance.get() as plain:
        assert plain.get_asset_records(keys) == found


@pytest.mark.parametrize(
    ("column", "value", "is_found"),
    [("last_materialization", dg.AssetMaterialization("rows"), True), ("asset_details", AssetDetails(2.0**36), False)],
    ids=["as older versions wrote it", "wiped later"],
)
def test_asset_records__are_looked_for_where_the_row_does_not_hold_them(instance, column, value, is_found):
    run_id = dg.materialize([rows], instance=instance).run_id
    with instance.event_log_storage.index_connection() as connection:
        connection.execute(sa.text(f"update asset_keys set {column} = :value"), {"value": serialize_value(value)})
    (record,) = instance.get_asset_records([dg.AssetKey("rows")])
    found = record.asset_entry.last_materialization_record
    assert (found and found.run_id) == (run_id if is_found else None)


def test_store_event_batch__keeps_all_or_none(instance, monkeypatch):
    storage = instance.event_log_storage
    run_id = dg.materialize([rows], instance=instance).run_id
    entries = [entry for entry in instance.all_logs(run_id) if entry.step_key is None]
    instance.delete_run(run_id)
    store, stored = storage.store_event, []

    def fail_at_the_last(event):
        stored.append(event)
        if len(stored) == len(entries):
            raise OSError("the disk is full")
        store(event)

    monkeypatch.setattr(storage, "store_event", fail_at_the_last)
    with pytest.raises(OSError, match="disk is full"):
        storage.store_event_batch(entries)
    assert len(stored) == len(entries)
    assert storage.get_logs_for_run(run_id) == []


def test_wipe__makes_the_files_anew(instance, tmp_path):
    first = dg.materialize([rows], instance=instance).run_id
    instance.event_log_storage.wipe()
    assert not (tmp_path / EVENTS / f"{first}.db").exists()
    assert instance.all_logs(first) == []
    run_id = dg.materialize([rows], instance=instance).run_id
    assert told(instance, run_id)[1:] == (run_id, [("SUCCEEDED", run_id)])
