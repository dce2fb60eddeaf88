"""Outcomes and scenarios as rows of a collaborative's configuration."""

from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration
from ingestion.home import Home
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import load_little

SCHOOLS = "school_id,district_id,name,school_type\n00010010,00010000,Abel High,high\n"
OUTCOMES = "metric_id,breakdown\n"
SCENARIOS = "scenario,district_id,school_year,amount_usd,take_from,give_to,driver\n"


def tables(folder, **changed) -> dict:
    little = load_little(folder / "c", **{"schools.csv": SCHOOLS} | changed)
    compiled = compile_configuration(little, Home(folder / "home"))
    names = ("quadrant_outcomes", "spending_scenarios")
    return {name: pq.read_table(compiled.folder / f"{name}.parquet").to_pylist() for name in names}


def test_equity_terms__growth_is_the_outcome_without_a_file(tmp_path):
    assert tables(tmp_path) == {
        "quadrant_outcomes": [{"metric_id": "SS.P02", "breakdown": "all"}],
        "spending_scenarios": [],
    }


def test_equity_terms__outcomes_and_scenarios_are_rows(tmp_path):
    move = "to Abel,00010000,2020,600000,pool:general,school:00010010,\n"
    share = "by staff,00010000,2020,0.05,pool:general,pool:general,staff_fte\n"
    found = tables(
        tmp_path,
        **{"quadrant_outcomes.csv": f"{OUTCOMES}SS.A04,\n", "spending_scenarios.csv": f"{SCENARIOS}{move}{share}"},
    )
    assert [row["metric_id"] for row in found["quadrant_outcomes"]] == ["SS.A04", "SS.P02"]
    first, second = found["spending_scenarios"]
    assert first == {
        "scenario": "to Abel",
        "district_id": "00010000",
        "school_year": 2020,
        "amount_usd": Decimal("600000.00"),
        "take_from": "pool:general",
        "give_to": "school:00010010",
        "driver": None,
    }
    assert (second["amount_usd"], second["driver"]) == (Decimal("0.05"), "staff_fte")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,00010000,2020,0,pool:general,school:00010010,", "amount_usd must be more than zero"),
        ("a,00010000,2020,0.005,pool:general,school:00010010,", "in whole cents"),
        ("a,00010000,2020,1,general,school:00010010,", "are written school:<school_id> or pool:<allocation_pool>"),
        ("a,00010000,2020,1,pool:general,school:00010010,adm", "driver is for what is given to a pool"),
        ("a,00010000,2020,1,pool:general,pool:general,", "nothing would move"),
        ("a,99990000,2020,1,pool:general,pool:plant,", "99990000 of scenario a is not in districts.csv"),
        ("a,00010000,2020,1,pool:general,school:00020010,", "00020010 of scenario a is no school of 00010000"),
        ("a,00010000,2020,1,school:00020010,pool:general,", "take_from: 00020010 of scenario a is no school"),
        ("a,00010000,2020,1,pool:general,pool:plant,moon", "driver: moon of scenario a is none of adm"),
        ("a,00010000,1999,1,pool:general,pool:plant,", "school_year: 1999 of scenario a has no periods in periods.csv"),
    ],
)
def test_equity_terms__a_faulty_scenario_is_named(tmp_path, row, message):
    with pytest.raises(ConfigurationError) as error:
        load_little(tmp_path / "c", **{"schools.csv": SCHOOLS, "spending_scenarios.csv": f"{SCENARIOS}{row}\n"})
    assert "spending_scenarios.csv" in str(error.value)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("SS.A99,all", "SS.A99 is no metric of the product"),
        ("SS.D01,all", "SS.D01 is neither better when higher nor when lower, so it cannot be an outcome"),
    ],
)
def test_equity_terms__an_outcome_that_labels_nobody_is_named(tmp_path, row, message):
    with pytest.raises(ConfigurationError) as error:
        load_little(tmp_path / "c", **{"quadrant_outcomes.csv": f"{OUTCOMES}{row}\n"})
    assert f"quadrant_outcomes.csv:1:metric_id: {message}" in str(error.value)
