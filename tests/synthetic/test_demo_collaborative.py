"""The demo collaborative reads every row of the synthetic delivery, and its roster is the generator's."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from collaboration.networks import load_networks
from ingestion.configuration import Collaborative, load_collaborative
from ingestion.contract import load_contracts
from ingestion.findings import Reading
from ingestion.mapping import find_mapping
from ingestion.reading import read_delivery
from synthetic.chart import make_chart
from synthetic.collaborative_folder import print_schools
from synthetic.ledger_extracts import chart_table
from synthetic.made_up_spending import DISTRICTS
from synthetic.places import make_districts
from synthetic.state_files import FUNCTIONS_FILE, LINE_ITEMS_FILE, SPENDING_FILE, write_state_files
from tests.synthetic.mapped_charts import map_chart


@pytest.fixture(scope="module")
def demo(repository: Path) -> Collaborative:
    return load_collaborative(repository / "collaboratives" / "demo")


@pytest.fixture(scope="module")
def read(demo: Collaborative, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reading]:
    folder = tmp_path_factory.mktemp("delivery")
    write_state_files(folder)

    def read_one(name: str) -> Reading:
        mapping = find_mapping(demo.mappings, name)
        assert mapping is not None
        return read_delivery(folder / name, name, mapping, load_contracts()[mapping.contract], demo)

    return read_one


def test_roster__is_the_generator_s(demo: Collaborative) -> None:
    of_records = {d.district_id: d.name for d in make_districts()}
    assert {d.district_id: d.name for d in demo.districts} == of_records | {d.code + "0000": d.name for d in DISTRICTS}
    assert {d.district_id: d.name for d in demo.roster(2026)} == of_records
    assert len(demo.roster(2017)) == 12
    assert [d.name for d in demo.districts if d not in demo.roster(2020)] == ["Synthetic Nettle", "Synthetic Oak"]
    assert demo.state == "XX"


def test_schools__are_the_generator_s(repository: Path) -> None:
    shipped = (repository / "collaboratives" / "demo" / "schools.csv").read_text(encoding="utf-8")
    assert shipped == print_schools(make_districts())


def test_crosswalk__says_of_accounts_what_other_charts_say_themselves(repository: Path) -> None:
    folder = repository / "collaboratives" / "demo"
    without = [district for district in make_districts() if district.leaves_codes]
    assert [district.district_id for district in without] == ["90040000", "90050000"]
    for district in without:
        accounts = make_chart(district)
        little, whole = (
            map_chart(chart_table(each, accounts, 2025), each.district_id, 2025, folder)
            for each in (district, replace(district, leaves_codes=False))
        )
        assert {row["mapped_by"] for row in little.values()} == {"crosswalk", None}
        for name, row in whole.items():
            if row["account_type"] == "expenditure":
                assert {**little[name], "mapped_by": "chart"} | {"allocation_pool": row["allocation_pool"]} == row
                assert (little[name]["allocation_pool"] or "general") == (row["allocation_pool"] or "general")


@pytest.mark.parametrize(
    ("name", "rows", "year", "n_totals"),
    [(FUNCTIONS_FILE, 13, 2017, 14), (LINE_ITEMS_FILE, 71, 2017, 0), (SPENDING_FILE, 12, 2020, 4)],
)
def test_reading__every_row_lands(
    read: Callable[[str], Reading], name: str, rows: int, year: int, n_totals: int
) -> None:
    reading = read(name)
    assert reading.problems == ()
    assert reading.rejects == ()
    assert (reading.state, reading.school_year) == ("accepted", year)
    assert (reading.rows_in, reading.rows_landed, reading.rows_rejected, reading.rows_duplicate) == (rows, rows, 0, 0)
    control_totals = [finding for finding in reading.findings if finding.rule_id == "CT1"]
    assert [finding.severity for finding in control_totals] == ["passed"] * n_totals


def test_reading__hidden_counts_and_the_defunct_district_are_states_not_zeros(read: Callable[[str], Reading]) -> None:
    rows = read(FUNCTIONS_FILE).table.to_pylist()
    hidden = [row for row in rows if row["value_status"] == "suppressed"]
    assert {(row["district_id"], row["metric_id"]) for row in hidden} == {
        ("90050000", "PPE.N02"),
        ("90110000", "PPE.N02"),
    }
    assert all(row["value"] is None for row in hidden)
    defunct = [row for row in rows if row["district_id"] == "90120000"]
    assert len(defunct) == 16
    assert Counter(row["value_status"] for row in defunct) == {"not_reported": 16}
    assert {row["district_id"] for row in rows if row["entity_type"] == "state"} == {"_all"}


def test_reading__figures_are_those_of_the_file(read: Callable[[str], Reading]) -> None:
    spent = sum((row["amount_usd"] for row in read(LINE_ITEMS_FILE).table.to_pylist()), Decimal(0))
    (total,) = (
        row
        for row in read(FUNCTIONS_FILE).table.to_pylist()
        if (row["district_id"], row["metric_id"]) == ("90030000", "PPE.D03")
    )
    assert abs(spent / total["denominator"] - total["value"]) < Decimal("0.00001")


def test_networks__of_the_shipped_collaboratives_load(repository: Path, demo: Collaborative) -> None:
    networks = load_networks(demo)
    assert networks.members("river_towns", 2017) == ("90010000", "90020000", "90090000")
    assert networks.members("river_towns", 2020) == ("90010000", "90020000", "90050000")
    massachusetts = load_networks(load_collaborative(repository / "collaboratives" / "massachusetts"))
    assert len(massachusetts.all_members("regional_vocational")) == 26
    assert "08540000" in massachusetts.members("regional_vocational", 2017)
    assert "08540000" not in massachusetts.members("regional_vocational", 2018)
