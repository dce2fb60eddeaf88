"""A build that changes only its scope holds the same rows as a build from nothing."""

import shutil
from decimal import Decimal

import duckdb
import pytest

from ingestion.blank_build import copy_models, find_models_without_rows, open_blank
from ingestion.contract import load_contracts
from orchestration.blank_build import prepare_blank
from orchestration.unchanged_models import find_unchanged
from tests.dbt_project.build_file import write_build_file
from tests.dbt_project.dbt_runs import build_models, describe_failures, run_dbt
from tests.dbt_project.small_collaborative import (
    ACUSHNET,
    CAMBRIDGE,
    SOMERVILLE,
    eoyr_rows,
    eoyr_selection,
    reported_rows,
    small_collaborative,
)

LAYERS = ("staging", "conformed", "measures", "marts", "shared")


def first_night() -> dict:
    """Two years of Acushnet's and Cambridge's lines beside the state's report."""
    rows = small_collaborative()
    rows["landing.eoyr_report"] += eoyr_rows(
        ACUSHNET, 2017, {"teachers": "5039859.71", "out_of_district": "3735711.70"}
    )
    rows["build.selection"].append(eoyr_selection(ACUSHNET, 2017))
    return rows


def second_night() -> dict:
    """Acushnet's 2017 is empty, Somerville's is restated, Cambridge has a first 2018; the rest is as before."""
    rows = first_night()
    for table in ("landing.state_reported_measures", "landing.eoyr_report", "build.selection"):
        rows[table] = [row for row in rows[table] if row["district_id"] != ACUSHNET]
    restated = reported_rows(SOMERVILLE, 2017, "4873.0", "564.1", "5437.1", "18750.5", "19660.25", "d-restated")
    rows["landing.state_reported_measures"] += restated
    for row in rows["build.selection"]:
        if row["district_id"] == SOMERVILLE:
            row["is_current"] = False
    rows["build.selection"] += [
        {
            "district_id": SOMERVILLE,
            "school_year": 2017,
            "delivery_id": "d-restated",
            "vintage": "2019-02-01",
            "vintage_order": 2,
        },
        eoyr_selection(CAMBRIDGE, 2018),
    ]
    rows["landing.eoyr_report"] += eoyr_rows(CAMBRIDGE, 2018, {"teachers": "60000000.00", "out_of_district": "1.00"})
    rows["build.delivery_status"].append({"district_id": CAMBRIDGE, "school_year": 2018, "data_through": "2018-06-30"})
    rows["build.build_scope"] = [
        {"district_id": ACUSHNET, "school_year": 2017},
        {"district_id": SOMERVILLE, "school_year": 2017},
        {"district_id": CAMBRIDGE, "school_year": 2018},
    ]
    return rows


def third_night() -> dict:
    """Somerville's first figures serve again; both publications stay in the selection."""
    rows = second_night()
    for row in rows["build.selection"]:
        if row["district_id"] == SOMERVILLE:
            row["is_current"] = not row.get("is_current", True)
    rows["build.build_scope"] = [{"district_id": SOMERVILLE, "school_year": 2017}]
    return rows


def sliced_night() -> tuple[dict, int]:
    """The second night as it is built from nothing, each district-year a slice; and how many these are."""
    rows = second_night()
    scope = sorted({(row["district_id"], row["school_year"]) for row in rows["build.selection"]})
    rows["build.build_scope"] = [
        {"district_id": district, "school_year": year, "slice": number}
        for number, (district, year) in enumerate(scope, start=1)
    ]
    return rows, len(scope)


def read_contents(path) -> dict[str, list]:
    """Every row of every table and view that dbt built, in order."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_schema in ?", [LAYERS]
        ).fetchall()
        return {name: connection.execute(f"select * from {name} order by all").fetchall() for (name,) in names}


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Contents after each of three nights, one upon the other, and after the last two from nothing."""
    folder = tmp_path_factory.mktemp("nights")
    path = folder / "warehouse.duckdb"
    write_build_file(path, first_night(), folder / "first")
    build_models(path, folder, tests=False)
    first = read_contents(path)
    manifest = run_dbt(path, folder, "parse").result
    write_build_file(path, second_night(), folder / "second")
    left = find_unchanged(manifest, ["eoyr_report", "state_reported_measures"]).values()
    build_models(path, folder, is_copy=True, left=list(left))
    incremental = read_contents(path)
    shutil.copy(path, folder / "kept.duckdb")
    write_build_file(path, third_night(), folder / "third")
    left = find_unchanged(manifest, ["state_reported_measures"]).values()
    build_models(path, folder, tests=False, is_copy=True, left=list(left))
    rolled_back = read_contents(path)
    path.unlink()
    full = []
    for night in (second_night, third_night):
        write_build_file(path, night(), folder / f"{night.__name__}_alone")
        build_models(path, folder, tests=False)
        full.append(read_contents(path))
        path.unlink()
    rows, slices = sliced_night()
    write_build_file(path, rows, folder / "sliced")
    build_models(path, folder, tests=False, slices=slices)
    sliced = read_contents(path)
    unit_tests = run_dbt(path, folder, "test", "--select", "measure_reported,test_type:unit", slices=slices)
    path.unlink()
    return {
        "folder": folder,
        "left": set(left),
        "first": first,
        "incremental": incremental,
        "rolled_back": rolled_back,
        "full": full[0],
        "rolled_back_full": full[1],
        "sliced": sliced,
        "unit_tests": unit_tests,
    }


@pytest.mark.parametrize(
    ("upon", "alone"), [("incremental", "full"), ("rolled_back", "rolled_back_full"), ("sliced", "full")]
)
def test_incremental__equals_a_build_from_nothing(nights, upon, alone):
    assert set(nights[upon]) == set(nights[alone])
    assert {"measures.measure_reported", "conformed.fct_reported_value", "marts.mart_restatement"} <= set(nights[alone])
    for name, rows in nights[alone].items():
        assert nights[upon][name] == rows, name


def test_slices__are_not_asked_of_unit_tests(nights):
    assert nights["unit_tests"].success, describe_failures(nights["unit_tests"])
    assert nights["unit_tests"].result.results


@pytest.fixture(scope="module")
def begun_blank(nights):
    """Contents after the first night, begun with the blank build's models without rows; and which these are."""
    assert prepare_blank() == []
    blank = open_blank()
    assert blank is not None
    folder, rows = nights["folder"], first_night()
    served = frozenset(name.removeprefix("landing.") for name in rows if name.startswith("landing.") and rows[name])
    left = find_models_without_rows(blank, served)
    path = folder / "begun_blank.duckdb"
    copy_models(blank, left, path)
    write_build_file(path, rows, folder / "begun_blank")
    build_models(path, folder, tests=False, left=[name for _, name in left])
    return read_contents(path), {name for _, name in left}


def test_blank__a_first_night_begun_with_models_without_rows_equals_one_from_nothing(nights, begun_blank):
    contents, _ = begun_blank
    assert contents == nights["first"]


def test_blank__what_no_contract_gives_rows_is_not_made(begun_blank):
    _, left = begun_blank
    assert {"fct_attendance", "measure_chronic_absence", "int_spending__ledger", "mart_spending_balance"} <= left
    assert left.isdisjoint({"fct_reported_value", "fct_eoyr_expenditure", "dim_metric", "fct_metric_value"})


def test_blank__nothing_is_without_rows_where_every_contract_is_served(begun_blank):
    blank = open_blank()
    assert blank is not None
    assert find_models_without_rows(blank, frozenset(load_contracts())) == ()


def test_incremental__models_of_other_contracts_are_left(nights):
    assert {"fct_attendance", "measure_chronic_absence", "fct_eoyr_expenditure", "dim_metric"} <= nights["left"]
    assert nights["left"].isdisjoint({"fct_reported_value", "measure_reported", "mart_restatement", "fct_metric_value"})


def test_incremental__an_emptied_district_year_leaves_nothing(nights):
    for name in (
        "conformed.fct_reported_value",
        "measures.measure_reported",
        "measures.measure_state_spending_per_pupil",
        "measures.measure_state_function_spending",
        "measures.measure_out_of_district_spending",
    ):
        assert any(row[0] == ACUSHNET for row in nights["first"][name]), name
        assert not any(row[0] == ACUSHNET for row in nights["incremental"][name]), name


def test_incremental__a_restated_figure_replaces_the_served_one_and_keeps_the_first(nights):
    kept = [row for row in nights["incremental"]["conformed.fct_reported_value"] if row[0] == SOMERVILLE]
    served = [row for row in nights["incremental"]["measures.measure_reported"] if row[0] == SOMERVILLE]
    assert len(kept) == 2 * len(served) == 10
    assert {row[17] for row in served} == {"2019-02-01"}


def test_incremental__an_older_publication_serves_again_and_the_restatement_stays(nights):
    served = [row for row in nights["rolled_back"]["measures.measure_reported"] if row[0] == SOMERVILLE]
    assert {row[17] for row in served} == {"2018-01-01"}
    assert nights["first"]["marts.mart_restatement"] == []
    restated = {name: nights[name]["marts.mart_restatement"] for name in ("incremental", "rolled_back")}
    assert {row[7]: row[13:15] for row in restated["incremental"]} == {
        "PPE.D02": (Decimal("18750.5"), Decimal("18749.08103")),
        "PPE.D03": (Decimal("19660.25"), Decimal("19652.07265")),
    }
    assert {row[12] for row in restated["incremental"]} == {True}
    assert [row[:12] + row[13:] for row in restated["rolled_back"]] == [
        row[:12] + row[13:] for row in restated["incremental"]
    ]
    assert {row[12] for row in restated["rolled_back"]} == {False}


def test_incremental__a_second_year_makes_a_trend(nights):
    assert nights["first"]["marts.mart_metric_trend"] == []
    trend = {(row[10], row[9]): (row[4], row[6], row[17]) for row in nights["incremental"]["marts.mart_metric_trend"]}
    assert trend[("PPE.D08", "all")] == (2018, 2017, "computed")
    assert trend[("PPE.D02", "all")] == (2018, 2017, "value_missing")


def test_incremental__what_is_out_of_scope_is_not_built_again(nights, tmp_path):
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(nights["folder"] / "kept.duckdb", path)
    rows = second_night() | {"build.build_scope": []}
    write_build_file(path, rows, tmp_path / "third")
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"delete from measures.measure_reported where district_id = '{CAMBRIDGE}'")
    build_models(path, tmp_path, tests=False)
    assert not any(row[0] == CAMBRIDGE for row in read_contents(path)["measures.measure_reported"])


def test_incremental__a_copied_build_keeps_its_comments(nights):
    with duckdb.connect(str(nights["folder"] / "kept.duckdb"), read_only=True) as connection:
        columns = "select count(*), count(comment) from duckdb_columns() where schema_name in ?"
        n_columns, n_described = connection.execute(columns, [LAYERS]).fetchall()[0]
    assert n_columns == n_described > 500


@pytest.mark.parametrize("is_copy", [True, False])
def test_incremental__a_view_is_left_alone_only_where_the_file_is_said_to_be_a_copy(nights, tmp_path, is_copy):
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(nights["folder"] / "kept.duckdb", path)
    with duckdb.connect(str(path)) as connection:
        connection.execute("create or replace view marts.mart_operations_kpi as select 'another' as view_than_ours")
    select = ("build", "--select", "mart_operations_kpi", "--resource-type", "model")
    assert run_dbt(path, tmp_path, *select, is_copy=is_copy).success
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = [row[0] for row in connection.execute("describe marts.mart_operations_kpi").fetchall()]
    assert (columns == ["view_than_ours"]) is is_copy
