"""Every table at every file of a release: it is there only if its audience has it, and only with the rows that are its
reader's. The same for what the product's own models say of themselves."""

import duckdb
import pytest

from expectations.models import AUDIENCES, read_models
from publishing.release import publish
from tests.expectations.made_build import DISTRICTS

INFO = {"release_info"}


@pytest.fixture
def published(finished):
    return publish(finished.home, finished.ledger, finished.inputs.build_id, finished.collaborative).path


def tables(path):
    """Every table and view of a file, with the districts of its rows; None where it has no district."""
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        for (name,) in connection.execute("select table_name from information_schema.tables").fetchall():
            columns = {row[0] for row in connection.execute(f'describe "{name}"').fetchall()}
            sql = f'select distinct district_id from "{name}"'
            found[name] = {row[0] for row in connection.execute(sql).fetchall()} if "district_id" in columns else None
    return found


def may_hold(home, audience):
    return {model.name for model in read_models(home.dbt_target) if audience in model.audiences} | INFO


def test_files__hold_every_table_of_their_audience_and_no_other(finished, published):
    for audience in ("shared", "collaborative"):
        assert set(tables(published / f"{audience}.duckdb")) == may_hold(finished.home, audience)
        parquet = {path.stem for path in (published / "parquet" / audience).glob("*.parquet")}
        assert parquet == may_hold(finished.home, audience) - INFO
    for district in DISTRICTS:
        assert set(tables(published / "private" / f"{district}.duckdb")) == may_hold(finished.home, "private")


def test_files__a_district_s_own_hold_its_rows_alone_in_every_table(published):
    n_with_rows = 0
    for district in DISTRICTS:
        for name, districts in tables(published / "private" / f"{district}.duckdb").items():
            assert districts is None or districts <= {district}, (district, name)
            n_with_rows += bool(districts)
    assert n_with_rows >= len(DISTRICTS)


def test_files__no_other_file_lies_in_a_release(published):
    found = {path.relative_to(published).as_posix() for path in published.rglob("*") if path.is_file()}
    known = {
        "manifest.json",
        "shared.duckdb",
        "collaborative.duckdb",
        *(f"private/{each}.duckdb" for each in DISTRICTS),
    }
    assert {
        name for name in found - known if not name.startswith(("parquet/shared/", "parquet/collaborative/"))
    } == set()


def test_models__with_a_row_for_each_pupil_or_member_of_staff_are_for_the_private_audience_alone(product_models):
    of_people = {"student_key", "person_key", "staff_key"}
    released = [model for model in product_models if model.audiences]
    private = {model.name for model in released if of_people & {column.name for column in model.columns}}
    assert private, "no model of the product holds a row for each pupil"
    for model in released:
        assert set(model.audiences) <= set(AUDIENCES)
        if model.name in private:
            assert model.audiences == ("private",), model.name


@pytest.fixture(scope="module")
def product_models():
    from orchestration.dbt_runner import MANIFEST, prepare_manifest

    prepare_manifest()
    return read_models(MANIFEST.parent)
