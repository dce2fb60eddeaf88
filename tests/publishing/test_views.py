"""Models that a release's file holds as views of another: the same rows for readers, written once."""

import json

import duckdb
import pytest

from publishing.release import ReleaseRefused, publish
from tests.expectations.made_build import DISTRICTS, FACT_KEY
from tests.publishing.conftest import pass_doors

ONE, TWO, _ = DISTRICTS


@pytest.fixture
def with_teachers(workshop):
    """A build with one more view, of some rows of the tall mart, for the same two audiences."""
    return add_view(workshop, "select * from marts.mart_metric_value where breakdown = 'function=teachers'")


def add_view(workshop, sql, rows_of="mart_metric_value", reads=None, key=FACT_KEY):
    workshop.change(f"create view conformed.fct_teachers as {sql}")
    path = workshop.home.dbt_target / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    node = json.loads(json.dumps(manifest["nodes"]["model.schoolstat.mart_metric_value"]))
    node |= {"name": "fct_teachers", "schema": "conformed", "description": "One row per thing of teachers."}
    node["config"]["meta"] |= {"rows_of": rows_of, "key": key}
    node["depends_on"]["nodes"] = [f"model.schoolstat.{name}" for name in reads or [rows_of]]
    manifest["nodes"]["model.schoolstat.fct_teachers"] = node
    path.write_text(json.dumps(manifest), encoding="utf-8")
    return workshop


def release(workshop):
    pass_doors(workshop)
    return publish(workshop.home, workshop.ledger, workshop.inputs.build_id, workshop.collaborative).path


def read(path, sql):
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as somebody (read_only)")
        return connection.execute(sql).fetchall()


def views(path):
    return {row[0] for row in read(path, "select view_name from duckdb_views() where not internal")}


def test_views__a_model_is_one_where_the_model_it_shows_is_in_the_file(with_teachers):
    folder = release(with_teachers)
    assert views(folder / "collaborative.duckdb") == {"mart_metric_value", "fct_teachers"}
    assert views(folder / "private" / f"{ONE}.duckdb") == {"fct_teachers"}
    assert views(folder / "shared.duckdb") == set()
    assert len(read(folder / "collaborative.duckdb", "from somebody.fct_teachers")) == 4


def test_views__a_private_file_holds_no_rows_of_others(with_teachers):
    path = release(with_teachers) / "private" / f"{ONE}.duckdb"
    for name in ("mart_metric_value", "fct_teachers"):
        assert read(path, f"select distinct district_id from somebody.{name}") == [(ONE,)]
    assert len(read(path, "from somebody.fct_teachers")) == 1


def test_views__are_described_as_tables_are(with_teachers):
    path = release(with_teachers) / "private" / f"{ONE}.duckdb"
    comments = read(path, "select comment from duckdb_views() where view_name = 'fct_teachers'")
    assert comments == [("One row per thing of teachers.",)]
    column = "select comment, data_type from duckdb_columns() where table_name = 'fct_teachers'"
    assert read(path, f"{column} and column_name = 'value'") == [("The value's text", "DECIMAL(38,10)")]


def test_views__parquet_files_stay_whole(with_teachers):
    folder = release(with_teachers) / "parquet" / "collaborative"
    keys = ", ".join(FACT_KEY)
    with duckdb.connect() as connection:
        shown = connection.execute(f"from '{folder}/fct_teachers.parquet'").fetchall()
        rows = f"from '{folder}/fct_metric_value.parquet' where breakdown = 'function=teachers' order by {keys}"
        assert shown == connection.execute(rows).fetchall()


def parquet(folder, name):
    return folder / "parquet" / "collaborative" / f"{name}.parquet"


def is_one_file(folder, name, other):
    return parquet(folder, name).stat().st_ino == parquet(folder, other).stat().st_ino


def test_views__parquet_of_all_rows_of_a_table_is_the_table_s(with_teachers):
    folder = release(with_teachers)
    assert is_one_file(folder, "mart_metric_value", "fct_metric_value")
    assert not is_one_file(folder, "fct_teachers", "mart_metric_value")


@pytest.mark.parametrize(
    "columns",
    [
        "* replace (value + 1 as value)",
        "* replace (case when breakdown = 'function=teachers' then null else value end as value)",
        "* rename (n as people)",
        "* replace (n::bigint as n)",
        "* exclude (n)",
    ],
)
def test_views__parquet_of_as_many_but_other_rows_is_written(workshop, columns):
    folder = release(add_view(workshop, f"select {columns} from marts.mart_metric_value"))
    assert not is_one_file(folder, "fct_teachers", "mart_metric_value")
    with duckdb.connect() as connection:
        rows = f"select {columns} from '{parquet(folder, 'mart_metric_value')}' order by {', '.join(FACT_KEY)}"
        written = connection.execute(f"from '{parquet(folder, 'fct_teachers')}'")
        told, found = [column[:2] for column in written.description], written.fetchall()
        shown = connection.execute(rows)
        assert (told, found) == ([column[:2] for column in shown.description], shown.fetchall())


def test_views__parquet_in_another_order_is_written(workshop):
    key = [FACT_KEY[0], *reversed(FACT_KEY[1:])]
    folder = release(add_view(workshop, "select * from marts.mart_metric_value", key=key))
    assert not is_one_file(folder, "fct_teachers", "mart_metric_value")
    with duckdb.connect() as connection:
        found = connection.execute(f"from '{parquet(folder, 'fct_teachers')}'").fetchall()
        rows = f"from '{parquet(folder, 'mart_metric_value')}' order by {', '.join(key)}"
        assert found == connection.execute(rows).fetchall()


@pytest.mark.parametrize("order", ["district_id desc", "district_id, breakdown desc"])
def test_views__what_lies_in_another_order_is_put_in_that_of_the_key(workshop, order):
    workshop.change(f"create or replace table marts.fct_metric_value as from marts.fct_metric_value order by {order}")
    folder = release(workshop)
    rows = f"select {', '.join(FACT_KEY)} from"
    written = read(folder / "collaborative.duckdb", f"{rows} somebody.fct_metric_value")
    with duckdb.connect() as connection:
        parquet_rows = connection.execute(f"{rows} '{parquet(folder, 'fct_metric_value')}'").fetchall()
    assert parquet_rows == written == sorted(written)


def test_views__one_that_shows_a_district_other_rows_than_it_has_is_refused(workshop):
    """A rank among all districts is another one among the rows of one district."""
    fewer = "select * replace (rank() over (partition by breakdown order by value)::decimal(38, 10) as value)"
    with pytest.raises(ReleaseRefused, match=f"fct_teachers.*{TWO}"):
        release(add_view(workshop, f"{fewer} from marts.mart_metric_value"))


@pytest.mark.parametrize("reads", [["fct_metric_value"], ["mart_metric_value", "dim_metric"]])
def test_views__one_that_reads_anything_else_is_not_accepted(workshop, reads):
    from expectations.models import ModelsUnknown, read_models

    add_view(workshop, "select * from marts.mart_metric_value", reads=reads)
    with pytest.raises(ModelsUnknown, match="must be a view that reads mart_metric_value alone"):
        read_models(workshop.home.dbt_target)


def test_views__a_changed_one_is_refused(with_teachers, monkeypatch):
    from publishing import private_files

    written = private_files.create_view

    def wrong(connection, model, bodies):
        written(connection, model, bodies)
        if model.name == "fct_teachers":
            sql = "create or replace view release_file.main.fct_teachers as from main.mart_metric_value"
            connection.execute(sql)

    monkeypatch.setattr(private_files, "create_view", wrong)
    with pytest.raises(ReleaseRefused, match=f"fct_teachers.*{ONE}"):
        release(with_teachers)


@pytest.mark.parametrize("wrong", ["create table", "create view"])
def test_views__rows_that_are_right_in_another_form_are_refused(with_teachers, monkeypatch, wrong):
    """A table in the place of a view, or another view of the same rows, is not what the build has."""
    from publishing import private_files

    written, described = private_files.create_view, private_files.describe

    def other(connection, model, bodies):
        written(connection, model, bodies)
        if model.name == "fct_teachers":
            place = "release_file.main" if wrong == "create table" else "main"
            rows = f"select * from {place}.mart_metric_value where breakdown = 'function=teachers' and true"
            connection.execute("drop view release_file.main.fct_teachers")
            connection.execute(f"{wrong} release_file.main.fct_teachers as {rows}")

    monkeypatch.setattr(private_files, "create_view", other)
    monkeypatch.setattr(
        private_files,
        "describe",
        lambda connection, model, is_view=False: None if is_view else described(connection, model),
    )
    with pytest.raises(ReleaseRefused, match=r"fct_teachers.*it is not the view of the build"):
        release(with_teachers)


def test_views__one_changed_for_the_staff_is_refused(with_teachers, monkeypatch):
    from publishing import artefacts

    written = artefacts.create_view

    def wrong(connection, model, bodies):
        written(connection, model, bodies)
        if model.name == "fct_teachers":
            body = "from main.mart_metric_value where breakdown = 'function=pupils'"
            connection.execute(f"create or replace view release_file.main.fct_teachers as {body}")

    monkeypatch.setattr(artefacts, "create_view", wrong)
    with pytest.raises(ReleaseRefused, match=r"fct_teachers.*not what door 3 checked"):
        release(with_teachers)


def test_views__a_changed_table_changes_what_they_show(with_teachers, monkeypatch):
    from publishing import artefacts

    written = artefacts.create_table

    def wrong(connection, model, rows=True):
        written(connection, model, rows)
        if model.name == "fct_metric_value":
            connection.execute("update release_file.main.fct_metric_value set value = value + 1")

    monkeypatch.setattr(artefacts, "create_table", wrong)
    with pytest.raises(ReleaseRefused, match=r"fct_metric_value.*not what door 3 checked"):
        release(with_teachers)
