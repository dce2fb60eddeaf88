"""The detector of averages on a real file: in Cambridge's budgets of 2018 benefits are 27.09 % of pay everywhere."""

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ingestion.account_crosswalk import CrosswalkRule, compile_rules
from tests.dbt_project.build_file import write_build_file
from tests.dbt_project.dbt_runs import describe_failures, run_dbt

CAMBRIDGE, YEAR = "00490000", 2018
FILE = "ma_dese_profiles/fy2017/cambridge_school_budgets_2018.csv"
SCHOOLS = ("Elementary", "Upper", "High")
OBJECTS = {"Salaries": "100", "Benefits": "200", "Expenses": "600"}


def read_budgets(path: Path) -> list[tuple[str, str, Decimal]]:
    """School, heading and dollars of each amount; the file writes some numbers with a blank in them."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["Category"] in SCHOOLS]
    return [
        (row["Department"], heading, Decimal(row[heading].replace(",", "").replace(" ", "")))
        for row in rows
        for heading in OBJECTS
    ]


def find_average(folder: Path, budgets: list[tuple[str, str, Decimal]]) -> tuple:
    """What the mart says of the schools' rate of benefits, with objects from the account crosswalk."""
    slot = {"district_id": CAMBRIDGE, "school_year": YEAR, "fiscal_year": YEAR}
    rules = [CrosswalkRule(object_local=name, nces_object=code) for name, code in OBJECTS.items()]
    chart = [
        slot | {"account_id": f"{school}/{heading}", "school_id": school, "object_local": heading}
        for school, heading, _ in budgets
    ]
    lines = [slot | {"account_id": f"{school}/{heading}", "amount_usd": usd} for school, heading, usd in budgets]
    thresholds = {"average_cost_share": "0.9", "average_cost_tolerance": "0.00001", "average_cost_least_units": "5"}
    rows = {
        "landing.chart_of_accounts": chart,
        "landing.gl_budget": [line | {"version_date": "2017-06-15"} for line in lines],
        "collaborative.account_crosswalk": compile_rules(rules, [CAMBRIDGE]),
        "collaborative.thresholds": [{"threshold": name, "value": value} for name, value in thresholds.items()],
        "collaborative.periods": [
            {"school_year": YEAR, "fiscal_year": YEAR, "starts_on": "2017-07-01", "ends_on": "2018-06-30"}
        ],
        "build.build_scope": [{"district_id": CAMBRIDGE, "school_year": YEAR}],
    }
    path = write_build_file(folder / "warehouse.duckdb", rows, folder / "parquet")
    result = run_dbt(path, folder / "state", "run", "--select", "+mart_average_cost")
    assert result.success, describe_failures(result)
    with duckdb.connect(str(path), read_only=True) as connection:
        (found,) = connection.execute("from marts.mart_average_cost").fetchall()
    return found


@pytest.mark.parametrize(("changed", "n_alike", "is_average"), [(0, 19, True), (2, 17, False)])
def test_average_cost__finds_cambridges_flat_rate_of_benefits(real_records, tmp_path, changed, n_alike, is_average):
    budgets = read_budgets(real_records / FILE)
    assert len(budgets) == 3 * 19
    places = [at for at, (_, heading, _) in enumerate(budgets) if heading == "Benefits"][:changed]
    moved = [
        (school, heading, usd + 1000 if at in places else usd) for at, (school, heading, usd) in enumerate(budgets)
    ]
    rate = Decimal("0.270900")
    assert find_average(tmp_path, moved) == (
        CAMBRIDGE, YEAR, "budget", "benefit_rate", "all", 19, n_alike, rate, is_average,
    )  # fmt: skip
