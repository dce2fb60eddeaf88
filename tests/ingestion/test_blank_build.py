"""When a blank build is one of this code, what is proven from it, and what is taken over from it."""

import duckdb
import pytest

from ingestion import blank_build as module
from ingestion.blank_build import FILE, RECORD, copy_models, find_models_without_rows, open_blank, save_blank

MODELS = {
    ("staging", "stg_lines"): "select district_id, usd from landing.gl_actuals",
    ("staging", "stg_days"): "select district_id from landing.attendance",
    (
        "conformed",
        "fct_lines",
    ): "select l.* from staging.stg_lines as l join staging.stg_chart using (district_id)",
    ("measures", "measure_days"): "select district_id, count(*) as n from staging.stg_days group by district_id",
    ("marts", "fct_value"): "select district_id from measures.measure_days union all from collaborative.districts",
}


@pytest.fixture
def folder(tmp_path):
    """A blank build of a small project, kept."""
    build = tmp_path / "build.duckdb"
    with duckdb.connect(str(build)) as connection:
        for schema in ("landing", "collaborative", "build", "staging", "conformed", "measures", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table collaborative.districts as select '1' as district_id where false")
        connection.execute("create table collaborative.account_crosswalk (pattern varchar)")
        connection.execute("create view landing.mapped_accounts as select 1 as district_id")
        connection.execute("create view landing.gl_actuals as select '1' as district_id, 1.5 as usd where false")
        connection.execute("create view landing.attendance as select '1' as district_id where false")
        connection.execute("create view landing.chart_of_accounts as select '1' as district_id where false")
        for (schema, name), sql in MODELS.items():
            kind = "view" if schema == "staging" else "table"
            connection.execute(f"create {kind} {schema}.{name} as {sql.replace('stg_chart', 'stg_lines')}")
            connection.execute(f"comment on {kind} {schema}.{name} is 'said'")
    models = {relation: sql.replace("staging.stg_chart", "landing.mapped_accounts") for relation, sql in MODELS.items()}
    save_blank(build, models, tmp_path / "blank")
    return tmp_path / "blank"


@pytest.fixture(autouse=True)
def chart(monkeypatch):
    monkeypatch.setattr(module, "select_mapped_accounts", lambda chart, _: f"select district_id from {chart}")


def without_rows(folder, *served):
    blank = open_blank(folder)
    assert blank is not None
    return {name for _, name in find_models_without_rows(blank, frozenset(served))}


def test_blank__is_of_this_code_and_every_byte_what_was_kept(folder, monkeypatch):
    assert dict(open_blank(folder).models).keys() == MODELS.keys()
    with monkeypatch.context() as changed:
        changed.setattr(module, "hash_code", lambda: "other code")
        assert open_blank(folder) is None
    content = bytearray((folder / FILE).read_bytes())
    content[-1] ^= 1
    (folder / FILE).write_bytes(content)
    assert open_blank(folder) is None


@pytest.mark.parametrize("lost", [FILE, RECORD])
def test_blank__is_none_where_there_is_none(folder, lost):
    (folder / lost).unlink()
    assert open_blank(folder) is None


def test_without_rows__is_what_only_contracts_that_are_not_served_give_rows(folder):
    assert without_rows(folder) == {"stg_lines", "stg_days", "fct_lines", "measure_days"}
    assert without_rows(folder, "attendance") == {"stg_lines", "fct_lines"}
    assert without_rows(folder, "gl_actuals", "attendance", "chart_of_accounts") == set()


def test_without_rows__accounts_have_none_without_a_chart(folder):
    assert without_rows(folder, "gl_actuals") == {"stg_days", "measure_days", "fct_lines"}
    assert without_rows(folder, "gl_actuals", "chart_of_accounts") == {"stg_days", "measure_days"}


def test_copy__takes_over_these_models_and_nothing_else(folder, tmp_path):
    file = tmp_path / "begun.duckdb"
    kept = [("staging", "stg_days"), ("measures", "measure_days")]
    copy_models(open_blank(folder), kept, file)
    with duckdb.connect(str(file)) as connection:
        tables = "select schema_name, table_name, comment from duckdb_tables() where not internal"
        views = "select schema_name, view_name, comment from duckdb_views() where not internal"
        found = connection.execute(f"{tables} union all {views} order by all desc").fetchall()
    assert found == [(*relation, "said") for relation in kept]
