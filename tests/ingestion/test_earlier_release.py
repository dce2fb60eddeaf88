"""What a build reads of the release before it."""

from dataclasses import replace
from datetime import date

import duckdb
import pytest
import yaml

from ingestion.earlier_release import EARLIER, RESTATED, EarlierRelease, select_earlier
from tests.conftest import REPOSITORY

MARTS = REPOSITORY / "dbt_project" / "models" / "marts"


@pytest.fixture
def earlier(tmp_path):
    """A release whose files lack columns that later versions write."""
    for name, columns in {
        "figures": "'A' as district_id, 2024 as school_year, 12.5 as value, 'computed' as basis, 'more' as unread",
        "restated": "'A' as district_id, 'r000001' as release_id_before",
        "selection": "'A' as district_id, 'd1' as delivery_id, true as is_current",
    }.items():
        duckdb.sql(f"copy (select {columns}) to '{tmp_path / name}.parquet' (format parquet)")
    paths = {name: tmp_path / f"{name}.parquet" for name in ("figures", "restated", "selection")}
    return EarlierRelease("r000002", date(2025, 3, 1), "code", "config", **paths)


def read(selects):
    """Each input's columns with their types, and its rows."""
    relations = {name: duckdb.sql(sql) for name, sql in selects.items()}
    return {name: (dict(zip(r.columns, map(str, r.types), strict=True)), r.fetchall()) for name, r in relations.items()}


def wanted(name):
    return {column: kind.upper().replace(", ", ",") for column, kind in EARLIER[name].items()}


def test_earlier__without_a_release_has_every_column_and_no_row():
    found = read(select_earlier(None, "code", "config"))
    assert found == {name: (wanted(name), []) for name in EARLIER}


def test_earlier__reads_each_file_with_null_for_what_it_lacks(earlier):
    found = read(select_earlier(earlier, "code", "config"))
    assert {name: columns for name, (columns, _) in found.items()} == {name: wanted(name) for name in EARLIER}
    yes = {"is_defined_alike": True, "is_selection_known": True}
    said = {
        name: [{k: v for k, v in zip(columns, row, strict=True) if v is not None} for row in rows]
        for name, (columns, rows) in found.items()
    }
    assert said == {
        "earlier_release": [{"release_id": "r000002", "as_of": date(2025, 3, 1)} | yes],
        "earlier_figures": [{"district_id": "A", "school_year": 2024, "value": 12.5, "basis": "computed"}],
        "earlier_restated": [{"district_id": "A", "release_id_before": "r000001"}],
        "earlier_selection": [{"district_id": "A", "delivery_id": "d1", "is_current": True}],
        "earlier_destroyed": [],
    }


@pytest.mark.parametrize(("code", "config"), [("other", "config"), ("code", "other")])
def test_earlier__of_another_product_or_configuration_is_defined_otherwise(earlier, code, config):
    ((_, _, is_defined_alike, _),) = read(select_earlier(earlier, code, config))["earlier_release"][1]
    assert is_defined_alike is False


def test_earlier__of_a_version_that_told_nothing_restated_tells_nothing(earlier):
    found = read(select_earlier(replace(earlier, restated=None), "code", "config"))
    assert found["earlier_restated"] == (wanted("earlier_restated"), [])


def test_earlier__whose_build_is_gone_tells_so_and_what_it_told_itself(earlier):
    found = read(select_earlier(replace(earlier, selection=None), "code", "config"))
    ((_, _, _, is_selection_known),) = found["earlier_release"][1]
    assert is_selection_known is False
    assert found["earlier_selection"] == (wanted("earlier_selection"), [])
    assert len(found["earlier_figures"][1]) == len(found["earlier_restated"][1]) == 1


def test_earlier__names_the_years_of_which_anything_was_destroyed(earlier):
    found = read(select_earlier(earlier, "code", "config", [("A", 2024), ("B", 2023)]))
    assert found["earlier_destroyed"] == (wanted("earlier_destroyed"), [("A", 2024), ("B", 2023)])


def test_earlier__restated_figures_are_read_as_the_mart_has_them():
    (mart,) = yaml.safe_load((MARTS / "mart_restated_figure.yml").read_text(encoding="utf-8"))["models"]
    assert {column["name"]: column["data_type"] for column in mart["columns"]} == RESTATED
