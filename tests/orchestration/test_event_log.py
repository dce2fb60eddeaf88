"""The event log that stays open: what it holds is what Dagster's own would hold, for whoever reads the files."""

from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.storage.event_log import SqliteEventLogStorage

from ingestion.home import Home
from orchestration.event_log import FOLDER, KeptEventLog
from schoolstat.ui import prepare_dagster_home

WHOLE = dg.AssetKey("whole")
PUPILS = dg.AssetKey("pupils")
DOOR = dg.AssetCheckKey(PUPILS, "door")


@dg.asset(key=WHOLE)
def whole(context):
    for partition in ("90010000", "90020000"):
        context.log_event(dg.AssetMaterialization(PUPILS, partition=partition))
        passed = partition == "90010000"
        check = dg.AssetCheckEvaluation(asset_key=PUPILS, check_name="door", passed=passed, partition=partition)
        context.log_event(check)


@pytest.fixture
def instance(tmp_path, monkeypatch, repository):
    home = Home(tmp_path / "home")
    for name, value in prepare_dagster_home(home, repository / "collaboratives" / "demo").items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.get() as instance:
        yield instance


@pytest.fixture
def ran(instance):
    """A run's id."""
    result = dg.materialize([whole], instance=instance)
    assert result.success
    return result.run_id


def as_dagster_reads_it(instance):
    """Dagster's own storage on the same files."""
    return SqliteEventLogStorage(f"{instance.root_directory}/{FOLDER}")


def test_a_home_s_instance__writes_to_it_where_dagster_would(instance, tmp_path):
    assert isinstance(instance.event_log_storage, KeptEventLog)
    assert list((tmp_path / "home" / "dagster" / FOLDER).glob("index.db"))


def test_each_event__stands_in_the_files_at_once_while_the_log_is_open(instance, ran):
    own = as_dagster_reads_it(instance)
    seen, kept = own.get_logs_for_run(ran), instance.all_logs(ran)
    assert len(seen) > 10
    assert [entry.to_json() for entry in seen] == [entry.to_json() for entry in kept]
    assert own.get_materialized_partitions(PUPILS) == {"90010000", "90020000"}
    history = own.get_asset_check_execution_history(DOOR, limit=10)
    assert {(record.partition, record.status.value) for record in history} == {
        ("90010000", "SUCCEEDED"),
        ("90020000", "FAILED"),
    }
    assert own.get_latest_materialization_events([WHOLE])[WHOLE].run_id == ran


def test_a_run_s_file__changes_with_each_event_so_that_the_ui_can_follow(instance, ran):
    path = instance.event_log_storage.path_for_shard(ran)
    before = Path(path).read_bytes()
    instance.report_engine_event("one more", run_id=ran, job_name="job")
    assert Path(path).read_bytes() != before


def test_the_index__stays_open_and_is_written_to_disk_with_each_transaction(instance):
    with instance.event_log_storage.index_connection() as connection:
        first = connection.connection.dbapi_connection
        assert connection.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2
    with instance.event_log_storage.index_connection() as connection:
        assert connection.connection.dbapi_connection is first


def test_a_transaction_that_fails__leaves_nothing_and_the_next_one_works(instance, ran):
    count = sa.text("select count(*) from event_logs")
    for begin in (instance.event_log_storage.index_connection, lambda: instance.event_log_storage.run_connection(ran)):
        with begin() as connection:
            before = connection.execute(count).scalar()
        with pytest.raises(ZeroDivisionError), begin() as connection:
            connection.execute(sa.text("delete from event_logs"))
            _ = 1 / 0
        with begin() as connection:
            assert connection.execute(count).scalar() == before > 0


def test_runs__one_after_the_other_keep_one_engine(instance):
    runs = [dg.materialize([whole], instance=instance).run_id for _ in range(3)]
    assert {len(instance.all_logs(run)) for run in runs} == {len(instance.all_logs(runs[0]))}
    assert len(instance.event_log_storage._engines) == 2


def test_a_log_that_was_wiped__can_be_written_again(instance, ran):
    instance.event_log_storage.wipe()
    assert instance.all_logs(ran) == []
    assert dg.materialize([whole], instance=instance).success
    assert instance.get_materialized_partitions(PUPILS) == {"90010000", "90020000"}


@pytest.mark.usefixtures("ran")
def test_a_log_that_was_closed__leaves_whole_files(instance):
    folder = Path(instance.root_directory) / FOLDER
    assert list(folder.glob("*-wal"))
    instance.dispose()
    assert not list(folder.glob("*-wal"))
