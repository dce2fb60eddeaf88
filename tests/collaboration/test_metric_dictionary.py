"""What collaboratives say about metrics, and what the product's dictionary says, fits together."""

import csv
from pathlib import Path

import pytest

from ingestion.configuration import Collaborative, load_collaborative

SHIPPED = tuple(
    sorted(
        path.parent.name
        for path in (Path(__file__).parents[2] / "collaboratives").glob("*/collaborative.yaml")
        if path.parent.name != "template"
    )
)


@pytest.fixture(scope="module")
def dictionary(repository: Path) -> dict[str, dict[str, str]]:
    path = repository / "dbt_project" / "seeds" / "conformed" / "metric_dictionary.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ids = [row["metric_id"] for row in rows]
    assert ids == sorted(set(ids))
    return {row["metric_id"]: row for row in rows}


@pytest.fixture(scope="module", params=SHIPPED)
def shipped(request: pytest.FixtureRequest, repository: Path) -> Collaborative:
    return load_collaborative(repository / "collaboratives" / request.param)


def mapped_metrics(collaborative: Collaborative) -> set[str]:
    named: set[str] = set()
    for mapping in collaborative.mappings:
        for number in range(len(mapping.rows)):
            metric = mapping.source(number, "metric_id")
            if isinstance(metric, str):
                named.add(metric)
    return named


def test_dictionary__knows_every_metric_that_a_mapping_fills(
    shipped: Collaborative, dictionary: dict[str, dict[str, str]]
) -> None:
    assert mapped_metrics(shipped)
    assert mapped_metrics(shipped) - set(dictionary) == set()


def test_dictionary__every_metric_has_a_believable_range(
    shipped: Collaborative, dictionary: dict[str, dict[str, str]]
) -> None:
    assert set(dictionary) - {row.metric_id for row in shipped.value_ranges} == set()
    assert {row.metric_id for row in shipped.value_ranges} - set(dictionary) == set()


def test_dictionary__percents_are_stored_as_shares_and_bounded_so(
    shipped: Collaborative, dictionary: dict[str, dict[str, str]]
) -> None:
    assert {row["unit"] for row in dictionary.values() if row["scale"] == "100"} == {"%"}
    assert {row["scale"] for row in dictionary.values() if row["unit"] == "%"} == {"100"}
    ranges = {row.metric_id: row for row in shipped.value_ranges}
    # a credit, or a budget of little, carries such a share beyond 1
    of_ledgers = {"OP.FN05", "OP.GR01", "OP.PR03", "OP.PR04", "PPE.D07", "PPE.D13", "PPE.D14", "PPE.S08"}
    # more pupils come through the year than are there on one day
    of_headcounts = {"SS.A12"}
    # more meals than pupils, more cost than revenue, more or longer support than was planned
    of_work = {"OP.FS01", "OP.FS01r", "OP.FS02", "OP.FS02r", "OP.FS05", "OP.FS06", "SS.T03a", "SS.T05"}
    shares = {one for one, row in dictionary.items() if row["unit"] == "%"} - of_ledgers - of_headcounts - of_work
    assert not [one for one in sorted(shares) if ranges[one].maximum != 1]


def test_dictionary__hides_what_an_office_costs_where_that_is_one_persons_pay(
    dictionary: dict[str, dict[str, str]], repository: Path
) -> None:
    seeds = repository / "dbt_project" / "seeds" / "conformed"
    with (seeds / "cost_office.csv").open(encoding="utf-8", newline="") as file:
        costs = {f"{row['office']}_cost_usd" for row in csv.DictReader(file)}
    with (seeds / "metric_ratio.csv").open(encoding="utf-8", newline="") as file:
        shown = {row["metric_id"] for row in csv.DictReader(file) if costs & {row["numerator"], row["denominator"]}}
    assert "OP.FN01" in shown
    assert not [one for one in sorted(shown) if int(dictionary[one]["minimum_n"] or 0) < 2]


def test_series_breaks__name_metrics_of_the_dictionary(
    shipped: Collaborative, dictionary: dict[str, dict[str, str]]
) -> None:
    assert {one.metric_id for one in shipped.series_breaks} - set(dictionary) == set()


def test_series_breaks__of_massachusetts_mark_low_income_twice(repository: Path) -> None:
    massachusetts = load_collaborative(repository / "collaboratives" / "massachusetts")
    marked = {(one.subgroup, one.from_school_year) for one in massachusetts.series_breaks if one.metric_id == "SS.D01"}
    assert marked == {(group, year) for group in ("low_income", "high_needs") for year in (2015, 2022)}
    spending = {one.metric_id for one in massachusetts.series_breaks if one.entity_type == "state"}
    assert {"PPE.D02", "PPE.D03"} < spending
