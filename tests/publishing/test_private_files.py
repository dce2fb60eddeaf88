"""Private files that a release takes over from the one before, and those that it must not."""

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
        "delete from dim_metric",
        "alter table mart_metric_value alter school_year type bigint",
        "drop table dim_district",
    ],
)
def test_private__a_file_that_was_written_wrong_is_refused(finished, monkeypatch, damage):
    written = private_files.write_private

    def wrong(folder, *more):
        written(folder, *more)
        path = folder / "private" / f"{ONE}.duckdb"
        path.chmod(0o600)
        with duckdb.connect(str(path)) as connection:
            connection.execute(damage)

    monkeypatch.setattr("publishing.release.write_private", wrong)
    with pytest.raises(ReleaseRefused, match=f"private/{ONE}"):
        release(finished)
    assert current_release_id(finished.home) is None
