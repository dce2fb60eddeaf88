"""Private files that a release takes over from the one before, and those that it must not."""

import json
from decimal import Decimal

import duckdb
import pytest

from publishing import private_files
from publishing.release import ReleaseRefused, current_release_id, publish, show_release, verify_release
from tests.expectations.made_build import DISTRICTS
from tests.publishing.conftest import pass_doors

ONE, TWO, THREE = DISTRICTS

CHANGE_ONE = "update marts.fct_metric_value set denominator = 7 where district_id = '00010000' and breakdown = 'all'"


def release(workshop):
    return publish(workshop.home, workshop.ledger, workshop.inputs.build_id, workshop.collaborative)


def release_next(workshop, build_id, *changes):
    following = workshop.next_build(build_id)
    for change in changes:
        following.change(change)
    return release(pass_doors(following))


def private(published, district):
    return published.path / "private" / f"{district}.duckdb"


def told_release(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute("select release_id from release_info").fetchall()[0][0]


def carried(first, second):
    """Districts whose file is one and the same in both releases."""
    return {
        district
        for district in DISTRICTS
        if private(first, district).stat().st_ino == private(second, district).stat().st_ino
    }


def test_private__only_the_changed_district_is_written_again(finished):
    first = release(finished)
    second = release_next(finished, "bbbbbbbb11112222", CHANGE_ONE)
    third = release_next(finished, "cccccccc11112222", CHANGE_ONE)
    assert (carried(first, second), carried(second, third)) == ({TWO, THREE}, set(DISTRICTS))
    assert [told_release(private(third, district)) for district in (ONE, TWO)] == [second.release_id, first.release_id]
    files = show_release(finished.home)["files"]
    assert files[f"private/{ONE}.duckdb"]["unchanged_since"] == second.release_id
    assert files[f"private/{TWO}.duckdb"]["unchanged_since"] == first.release_id
    assert files["collaborative.duckdb"]["unchanged_since"] == third.release_id
    assert verify_release(finished.home)["release_id"] == third.release_id


def test_private__the_release_info_says_that_its_release_may_be_an_earlier_one(finished):
    path = private(release(finished), ONE)
    with duckdb.connect(str(path), read_only=True) as connection:
        comment = connection.execute(
            "select comment from duckdb_tables() where table_name = 'release_info'"
        ).fetchall()[0][0]
    assert comment == private_files.INFO_COMMENT
    assert "content of this file last changed" in comment


def test_private__a_carried_file_outlives_the_release_that_wrote_it(finished):
    finished.collaborative.releases_kept = 1
    first = release(finished)
    second = release_next(finished, "bbbbbbbb11112222")
    assert not first.path.exists()
    assert told_release(private(second, TWO)) == first.release_id


def test_private__files_belong_to_their_owner_alone_and_are_not_written_to(finished):
    path = private(release(finished), ONE)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o400, 0o700)


@pytest.mark.parametrize(
    "change",
    [
        "update conformed.dim_metric set metric_id = 'PPE.D04' || 'x' where metric_id = 'PPE.D04'",
        "alter table conformed.dim_metric add column added integer",
        "alter table conformed.dim_district add column added integer",
        "create or replace view marts.mart_metric_value as select *, 1 as added from marts.fct_metric_value",
    ],
)
def test_private__a_change_that_everybody_sees_writes_every_file_again(finished, change):
    first = release(finished)
    following = pass_doors(finished.next_build("bbbbbbbb11112222"))
    following.change_finished("select 1")
    assert carried(first, _release_despite_door_3(following, change)) == set()


def _release_despite_door_3(workshop, change):
    """Change a finished build and let door 3's receipt agree, as a build whose models changed would."""
    from expectations.doors import hash_models
    from expectations.models import read_models
    from expectations.receipts import read_receipt, write_receipt

    workshop.change_finished(change)
    build_file = workshop.home.build_folder(workshop.inputs.build_id) / "warehouse.duckdb"
    models = [model for model in read_models(workshop.home.dbt_target) if model.is_mart or model.audiences]
    with duckdb.connect(str(build_file), read_only=True) as connection:
        tables = hash_models(connection, models)
    receipt = read_receipt(workshop.home, workshop.inputs.build_id, "door_3")
    write_receipt(workshop.home, receipt.model_copy(update={"tables": tables}))
    return release(workshop)


def test_private__other_code_writes_every_file_again(finished):
    first = release(finished)
    following = pass_doors(finished.next_build("bbbbbbbb11112222"))
    with finished.ledger.begin() as connection:
        connection.exec_driver_sql("update build set code_hash = 'other' where build_id like 'bbbb%'")
    assert carried(first, release(following)) == set()


def test_private__a_damaged_file_is_not_carried_over(finished):
    first = release(finished)
    path = private(first, TWO)
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)
    second = release_next(finished, "bbbbbbbb11112222")
    assert carried(first, second) == {ONE, THREE}
    assert verify_release(finished.home)["release_id"] == second.release_id


def test_private__nothing_is_carried_over_from_a_release_whose_manifest_was_changed(finished):
    first = release(finished)
    following = pass_doors(finished.next_build("bbbbbbbb11112222"))
    manifest = private_files.read_manifest(first.path)
    info = releases_info(following)
    wanted = {name: {} for name in manifest["files"]}
    (first.path / "manifest.json").write_text("{}", encoding="utf-8")
    assert private_files.find_unchanged(first.path, wanted, info) == {}


def releases_info(workshop):
    from publishing.release import _describe_release

    return _describe_release(workshop.home, workshop.ledger, workshop.inputs.build_id)


def test_private__without_hard_links_the_bytes_are_copied(finished, monkeypatch):
    first = release(finished)

    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    second = release_next(finished, "bbbbbbbb11112222")
    assert carried(first, second) == set()
    assert told_release(private(second, ONE)) == first.release_id
    assert verify_release(finished.home)["release_id"] == second.release_id


@pytest.mark.parametrize(
    "damage",
    [
        "delete from mart_metric_value where breakdown = 'all'",
        "insert into mart_metric_value from mart_metric_value limit 1",
        "update mart_metric_value set district_id = '00020000'",
        "update mart_metric_value set value = (select max(value) from mart_metric_value) - value",
        "update mart_metric_value set n = 0",
        "delete from dim_metric",
        "alter table mart_metric_value alter school_year type bigint",
        "drop table dim_district",
    ],
)
def test_private__a_file_that_was_written_wrong_is_refused(finished, monkeypatch, damage):
    refuses(finished, monkeypatch, ONE, damage)


@pytest.mark.parametrize(
    "damage",
    [
        "delete from dim_metric where metric_id = (select max(metric_id) from dim_metric)",
        "insert into dim_metric from dim_metric limit 1",
        "update dim_metric set metric_id = metric_id || 'x' where metric_id = (select max(metric_id) from dim_metric)",
    ],
)
def test_private__what_all_files_hold_is_compared_in_each(finished, monkeypatch, damage):
    refuses(finished, monkeypatch, THREE, damage)


def refuses(workshop, monkeypatch, district, damage):
    written = private_files.write_private

    def wrong(folder, *more):
        written(folder, *more)
        path = folder / "private" / f"{district}.duckdb"
        path.chmod(0o600)
        with duckdb.connect(str(path)) as connection:
            connection.execute(damage)

    monkeypatch.setattr("publishing.release.write_private", wrong)
    with pytest.raises(ReleaseRefused, match=f"private/{district}"):
        release(workshop)
    assert current_release_id(workshop.home) is None


def with_balance(workshop, rows, audiences=("collaborative", "private")):
    """One more private model, the balance, of the districts of which this is true."""
    path = workshop.home.dbt_target / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    node = json.loads(json.dumps(manifest["nodes"]["model.schoolstat.dim_district"]))
    node |= {"name": "fct_balance", "description": "One row per balance."}
    node["config"]["meta"] |= {"release": list(audiences)}
    manifest["nodes"]["model.schoolstat.fct_balance"] = node
    path.write_text(json.dumps(manifest), encoding="utf-8")
    columns = "district_id, 2017::integer as fiscal_year, 1.50::decimal(18, 2) as usd"
    workshop.change(f"create table conformed.fct_balance as select {columns} from conformed.dim_district where {rows}")
    return pass_doors(workshop)


def balance(published, district):
    with duckdb.connect(str(private(published, district)), read_only=True) as connection:
        kind = "select table_type from information_schema.tables where table_name = 'fct_balance'"
        columns = [row[:2] for row in connection.execute("describe fct_balance").fetchall()]
        rows = connection.execute("from fct_balance").fetchall()
        return connection.execute(kind).fetchall()[0][0], columns, rows


COLUMNS = [("district_id", "VARCHAR"), ("fiscal_year", "INTEGER"), ("usd", "DECIMAL(18,2)")]


def test_private__a_model_without_any_row_is_a_view_of_its_columns(workshop):
    first = release(with_balance(workshop, "false"))
    assert [balance(first, district) for district in DISTRICTS] == [("VIEW", COLUMNS, [])] * 3
    with duckdb.connect(str(private(first, ONE)), read_only=True) as connection:
        comment = "select comment from duckdb_views() where view_name = 'fct_balance'"
        assert connection.execute(comment).fetchall() == [("One row per balance.",)]


def test_private__who_gets_the_first_rows_of_a_model_gets_a_table_and_the_others_keep_their_file(workshop):
    first = release(with_balance(workshop, "false"))
    following = workshop.next_build("bbbbbbbb11112222")
    second = release(with_balance(following, f"district_id = '{ONE}'"))
    assert carried(first, second) == {TWO, THREE}
    assert balance(second, ONE) == ("BASE TABLE", COLUMNS, [(ONE, 2017, Decimal("1.50"))])
    assert balance(second, TWO) == ("VIEW", COLUMNS, [])


def test_private__what_the_staff_do_not_see_is_compared_with_the_build(workshop, monkeypatch):
    with_balance(workshop, "true", audiences=["private"])
    refuses(workshop, monkeypatch, TWO, "update fct_balance set usd = 1.51")


@pytest.mark.parametrize(
    "wrong",
    [
        "create view fct_balance as select '00010000' as district_id, 2017 as fiscal_year, 1.5 as usd",
        "create table fct_balance (district_id varchar, fiscal_year integer, usd decimal(18, 2))",
        "select 1",
    ],
)
def test_private__what_stands_in_the_place_of_a_view_without_rows_is_refused(workshop, monkeypatch, wrong):
    written = private_files.write_private

    def write_other(folder, *more):
        written(folder, *more)
        path = folder / "private" / f"{ONE}.duckdb"
        path.chmod(0o600)
        with duckdb.connect(str(path)) as connection:
            connection.execute("drop view fct_balance")
            connection.execute(wrong)

    with_balance(workshop, "false")
    monkeypatch.setattr("publishing.release.write_private", write_other)
    with pytest.raises(ReleaseRefused, match=rf"fct_balance.*private/{ONE}"):
        release(workshop)
