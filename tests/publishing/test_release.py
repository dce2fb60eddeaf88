"""Releases of a hand-made build: what is in the files, what is refused, and what survives a crash."""

import json
import subprocess
import sys

import duckdb
import pytest

from expectations.rules import load_registry
from publishing import release as releases
from publishing.release import (
    ReleaseCorrupt,
    ReleaseUnknown,
    current_release_id,
    list_releases,
    open_release,
    publish,
    rollback,
    show_release,
    verify_release,
)
from tests.expectations.made_build import DISTRICTS, Workshop
from tests.publishing.conftest import pass_doors


def release(workshop: Workshop):
    return publish(workshop.home, workshop.ledger, workshop.inputs.build_id, workshop.collaborative)


def rows(path, sql):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def tables(path):
    return {row[0] for row in rows(path, "show tables")}


def test_publish__each_audience_gets_only_what_its_models_allow(finished):
    published = release(finished)
    assert published.release_id == "r000001-aaaaaaaa"
    assert (published.is_new, published.is_current) == (True, True)
    assert tables(published.path / "collaborative.duckdb") == {
        "dim_metric", "dim_district", "dim_delivery_status", "fct_metric_value", "mart_metric_value", "release_info",
    }  # fmt: skip
    assert tables(published.path / "shared.duckdb") == {
        "dim_metric", "dim_district", "shared_per_pupil_spending", "release_info",
    }  # fmt: skip
    for district in DISTRICTS:
        path = published.path / "private" / f"{district}.duckdb"
        assert tables(path) == {"dim_metric", "dim_district", "mart_metric_value", "release_info"}
        assert rows(path, "select distinct district_id from mart_metric_value") == [(district,)]
        assert rows(path, "select district_id from dim_district") == [(district,)]
        assert rows(path, "select count(*) from dim_metric") == [(2,)]
    assert {path.name for path in (published.path / "private").iterdir()} == {f"{name}.duckdb" for name in DISTRICTS}
    assert {path.relative_to(published.path / "parquet").as_posix() for path in published.path.rglob("*.parquet")} == {
        *(
            f"collaborative/{name}.parquet"
            for name in tables(published.path / "collaborative.duckdb") - {"release_info"}
        ),
        *(f"shared/{name}.parquet" for name in tables(published.path / "shared.duckdb") - {"release_info"}),
    }


def test_publish__a_district_without_admitted_rows_gets_no_private_file(workshop):
    workshop.change("delete from build.selection where district_id = '00020000'")
    workshop.change("delete from conformed.fct_reported_value where district_id = '00020000'")
    workshop.change("update conformed.dim_delivery_status set state = 'never_admitted' where district_id = '00020000'")
    for table in ("measures.measure_reported", "marts.fct_metric_value", "shared.shared_per_pupil_spending"):
        workshop.change(f"delete from {table} where district_id = '00020000'")
    published = release(pass_doors(workshop))
    assert not (published.path / "private" / "00020000.duckdb").exists()
    assert (published.path / "private" / "00010000.duckdb").exists()
    assert rows(published.path / "shared.duckdb", "select count(*) from dim_district") == [(3,)]


def test_publish__comments_types_and_release_info_are_in_the_files(finished):
    published = release(finished)
    for name in ("collaborative", "private/00010000"):
        path = published.path / f"{name}.duckdb"
        kind = "view" if name == "collaborative" else "table"
        comments = rows(path, f"select comment from duckdb_{kind}s() where {kind}_name = 'mart_metric_value'")
        assert comments == [("One row per thing of mart_metric_value.",)]
        columns = "select comment, data_type from duckdb_columns() where table_name = 'mart_metric_value'"
        assert rows(path, f"{columns} and column_name = 'value'") == [("The value's text", "DECIMAL(38,10)")]
        assert rows(path, "select release_id, build_id, as_of, selection_hash from release_info") == [
            (published.release_id, "aaaaaaaa11112222", "2018-06-30", "selection-of-aaaaaaaa11112222")
        ]
    value = "select value from mart_metric_value where district_id = '00010000' and breakdown = 'all'"
    assert str(rows(published.path / "collaborative.duckdb", value)[0][0]) == "3003.3703703670"


def test_publish__the_manifest_names_everything(finished):
    published = release(finished)
    manifest = show_release(finished.home)
    assert manifest["release_id"] == published.release_id
    assert manifest["previous_release_id"] is None
    assert manifest["tables"]["fct_metric_value"]["rows"] == 16
    assert manifest["files"]["private/00010000.duckdb"]["rows"]["mart_metric_value"] == 4
    registry = load_registry()
    told = {(rule["door"], rule["id"]): rule["status"] for rule in manifest["rules"]}
    assert set(told) == {(door, rule.id) for door in (1, 2, 3) for rule in registry.expected(door)}
    assert [told[2, "F05"], told[3, "M05"]] == ["passed", "passed"]
    assert {"duckdb", "dbt-core", "schoolstat", "python"} <= set(manifest["versions"])
    on_disk = {p.relative_to(published.path).as_posix() for p in published.path.rglob("*") if p.is_file()}
    assert set(manifest["files"]) == on_disk - {"manifest.json"}
    assert verify_release(finished.home) == manifest


def test_publish__a_plain_process_reads_the_release(finished, tmp_path):
    release(finished)
    path = open_release(finished.home, "shared")
    code = f"import duckdb; print(duckdb.connect({str(path)!r}, read_only=True).sql('from dim_district').fetchall())"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == str([(district,) for district in DISTRICTS])


def test_publish__again_changes_nothing(finished):
    first = release(finished)
    before = {path: path.stat().st_mtime_ns for path in first.path.rglob("*")}
    again = release(finished)
    assert (again.release_id, again.is_new) == (first.release_id, False)
    assert {path: path.stat().st_mtime_ns for path in first.path.rglob("*")} == before
    assert len(finished.ledger.releases()) == 1
    assert finished.ledger.build(finished.inputs.build_id)["state"] == "released"


def test_publish__the_same_build_has_the_same_content_hash_in_another_home(finished, tmp_path):
    from tests.expectations.made_build import make_workshop

    other = make_workshop(tmp_path / "other")
    other.change("create or replace table marts.fct_metric_value as from marts.fct_metric_value order by value desc")
    assert release(pass_doors(other)).content_hash == release(finished).content_hash


def test_releases__earlier_ones_stay_and_rollback_moves_the_pointer(finished):
    first = release(finished)
    second = release(pass_doors(finished.next_build("bbbbbbbb11112222")))
    assert [known.release_id for known in list_releases(finished.home)] == [first.release_id, second.release_id]
    assert second.previous_release_id == first.release_id
    assert rollback(finished.home, finished.ledger).release_id == first.release_id
    assert current_release_id(finished.home) == first.release_id
    with pytest.raises(ReleaseUnknown, match="no earlier release"):
        rollback(finished.home, finished.ledger)
    assert rollback(finished.home, finished.ledger, second.release_id).is_current
    with pytest.raises(ReleaseUnknown, match="no release r000009"):
        rollback(finished.home, finished.ledger, "r000009-x")
    assert current_release_id(finished.home) == second.release_id


def test_rollback__the_build_left_behind_waits_until_somebody_goes_forward_again(finished):
    first = release(finished)
    second = release(pass_doors(finished.next_build("bbbbbbbb11112222")))
    assert finished.home.rolled_back() == []
    rollback(finished.home, finished.ledger)
    assert finished.home.rolled_back() == [second.build_id]
    rollback(finished.home, finished.ledger, second.release_id)
    assert finished.home.rolled_back() == [first.build_id]


def test_releases__a_rollback_stays_until_the_next_night_publishes(second):
    first = list_releases(second.home)[0]
    newest = release(second)
    rollback(second.home, second.ledger)
    for look in (list_releases, show_release, open_release, verify_release):
        look(second.home)
    assert current_release_id(second.home) == first.release_id
    assert open_release(second.home).resolve().parent == first.path.resolve()
    assert second.ledger.released_build(second.home.current_release)["build_id"] == first.build_id
    night = release(second)
    assert (night.release_id, night.is_new, night.is_current) == (newest.release_id, False, True)
    assert [row["release_id"] for row in second.ledger.releases()] == [first.release_id, newest.release_id]


def test_releases__after_a_rollback_a_new_build_follows_on_the_one_gone_back_to(second):
    first = list_releases(second.home)[0]
    skipped = release(second)
    rollback(second.home, second.ledger)
    third = release(pass_doors(second.next_build("cccccccc11112222")))
    assert third.release_id.startswith("r000003-")
    assert third.previous_release_id == first.release_id
    assert rollback(second.home, second.ledger, skipped.release_id).is_current


@pytest.mark.parametrize("now", ["1999-01-01T00:00:00+00:00", "2099-01-01T00:00:00+00:00"])
def test_releases__follow_each_other_whatever_the_clock_says(second, monkeypatch, now):
    """A clock that was set back or forward: the order is in the numbers, and what is current in the pointer."""
    first = list_releases(second.home)[0]
    monkeypatch.setattr("publishing.release.utc_now", lambda: now)
    stepped = release(second)
    assert (stepped.released_at, stepped.is_current) == (now, True)
    monkeypatch.undo()
    third = release(pass_doors(second.next_build("cccccccc11112222")))
    order = [first.release_id, stepped.release_id, third.release_id]
    assert [known.release_id for known in list_releases(second.home)] == order
    assert [row["release_id"] for row in second.ledger.releases()] == order
    assert rollback(second.home, second.ledger).release_id == stepped.release_id


def test_releases__the_last_n_are_kept_and_the_current_one_always(finished):
    finished.collaborative.releases_kept = 1
    first = release(finished)
    second = release(pass_doors(finished.next_build("bbbbbbbb11112222")))
    assert [known.release_id for known in list_releases(finished.home)] == [second.release_id]
    assert len(finished.ledger.releases()) == 2
    third = release(pass_doors(finished.next_build("cccccccc11112222")))
    assert third.release_id == "r000003-cccccccc"
    assert first.release_id == "r000001-aaaaaaaa"
    builds = finished.home.builds
    assert [path.parent.name for path in builds.glob("*/warehouse.duckdb")] == ["cccccccc11112222"]
    assert (builds / "aaaaaaaa11112222" / "door_3.json").exists()


def test_releases__a_changed_file_is_not_opened(finished):
    published = release(finished)
    path = published.path / "shared.duckdb"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(ReleaseCorrupt, match=r"shared\.duckdb"):
        open_release(finished.home, "shared")
    assert open_release(finished.home, "collaborative").exists()
    with pytest.raises(ReleaseCorrupt):
        rollback(finished.home, finished.ledger, published.release_id)


def test_releases__a_changed_manifest_is_not_believed(finished):
    published = release(finished)
    path = published.path / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["tables"]["dim_metric"]["rows"] = 3
    path.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(ReleaseCorrupt, match="manifest was changed"):
        open_release(finished.home, "shared")


@pytest.mark.parametrize("audience", ["district:00090000", "everyone", "district:../collaborative", "../shared"])
def test_open_release__only_an_audience_that_has_a_file(finished, audience):
    release(finished)
    with pytest.raises(ReleaseUnknown, match="no file for"):
        open_release(finished.home, audience)


def test_open_release__before_the_first(finished):
    with pytest.raises(ReleaseUnknown, match="nothing has been released"):
        open_release(finished.home)


STEPS = [
    "write_audiences",
    "read_back_audiences",
    "private_contents",
    "write_private",
    "read_back_private",
    "build_manifest",
    "write_manifest",
    "sync_files",
    "point_to",
    "record_shared_cells",
    "drop_old_releases",
]


class Killed(BaseException):
    """Stands for a process that ends here."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("is_after", [False, True])
def test_publish__killed_at_any_step_leaves_the_old_release_or_the_new(second, monkeypatch, step, is_after):
    first = list_releases(second.home)[0]
    original = getattr(releases, step)

    def killed(*args, **kwargs):
        if is_after:
            original(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(releases, step, killed)
        release(second)
    switched = STEPS.index(step) > STEPS.index("point_to") or (step == "point_to" and is_after)
    assert (current_release_id(second.home) == first.release_id) is not switched
    assert verify_release(second.home)
    completed = release(second)
    assert completed.release_id == "r000002-bbbbbbbb"
    assert verify_release(second.home)["build_id"] == second.inputs.build_id
    assert [row["release_id"] for row in second.ledger.releases()] == [first.release_id, completed.release_id]
    assert second.ledger.build(second.inputs.build_id)["state"] == "released"
    assert not list(second.home.releases.glob(".draft*"))
