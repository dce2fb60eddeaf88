"""A build that changes only its scope holds the same rows as a build from nothing."""

import shutil

import duckdb
import pytest

from tests.dbt_project.build_file import build_models, write_build_file
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
        {"district_id": SOMERVILLE, "school_year": 2017, "delivery_id": "d-restated", "vintage": "2019-02-01"},
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


def read_contents(path) -> dict[str, list]:
    """Every row of every table and view that dbt built, in order."""
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_schema in ?", [LAYERS]
        ).fetchall()
        return {name: connection.execute(f"select * from {name} order by all").fetchall() for (name,) in names}


@pytest.fixture(scope="module")
def nights(tmp_path_factory):
    """Contents after the first night, after the second upon it, and after the second from nothing."""
    folder = tmp_path_factory.mktemp("nights")
    path = folder / "warehouse.duckdb"
    write_build_file(path, first_night(), folder / "first")
    build_models(path, folder, tests=False)
    first = read_contents(path)
    write_build_file(path, second_night(), folder / "second")
    build_models(path, folder)
    incremental = read_contents(path)
    shutil.copy(path, folder / "kept.duckdb")
    path.unlink()
    write_build_file(path, second_night(), folder / "again")
    build_models(path, folder, tests=False)
    return {"folder": folder, "first": first, "incremental": incremental, "full": read_contents(path)}


def test_incremental__equals_a_build_from_nothing(nights):
    assert set(nights["incremental"]) == set(nights["full"])
    assert {"measures.measure_reported", "conformed.fct_reported_value"} <= set(nights["full"])
    for name, rows in nights["full"].items():
        assert nights["incremental"][name] == rows, name


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


def test_incremental__what_is_out_of_scope_is_not_built_again(nights, tmp_path):
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(nights["folder"] / "kept.duckdb", path)
    rows = second_night() | {"build.build_scope": []}
    write_build_file(path, rows, tmp_path / "third")
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"delete from measures.measure_reported where district_id = '{CAMBRIDGE}'")
    build_models(path, tmp_path, tests=False)
    assert not any(row[0] == CAMBRIDGE for row in read_contents(path)["measures.measure_reported"])
