"""The state's own files through every room: one night, and its figures against the files and known examples."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from ingestion.home import Home
from tests.end_to_end.house import House

pytestmark = [pytest.mark.real_records, pytest.mark.xdist_group("massachusetts")]

FUNCTIONS_FILE = "fy2017/district_expenditures_by_function_per_pupil_fy2017.csv"
LANDED = {
    FUNCTIONS_FILE,
    "fy2017/cambridge_fy2017_function_detail.csv",
    "fy2020/district_PerPupilExpenditures_2020.xlsx",
}
CAMBRIDGE = "00490000"
FUNCTIONS = {
    "Administration": "administration",
    "Instructional Leadership": "instructional_leadership",
    "Teachers": "teachers",
    "Other Teaching Services": "other_teaching_services",
    "Professional Development": "professional_development",
    "Instructional Materials, Equipment and Technology": "instructional_materials",
    "Guidance, Counseling and Testing": "guidance_counseling_testing",
    "Pupil Services": "pupil_services",
    "Operations and Maintenance": "operations_maintenance",
    "Insurance, Retirement Programs and Other": "insurance_retirement_other",
}
IN_DISTRICT = "Total\nIn-District Expenditures"
PUPILS = "In-District FTE Pupils"
FOURTH_DECIMAL = Decimal("0.0001")
OPEN_ELSEWHERE = """
import duckdb, sys
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    print(connection.execute("select count(*) from mart_per_pupil_spending").fetchone()[0])
"""


@pytest.fixture(scope="session")
def night(real_records, repository, tmp_path_factory):
    """One night on the whole folder of the state's files: the house and what the night said."""
    home = Home(tmp_path_factory.mktemp("massachusetts") / "home")
    house = House(home, real_records / "ma_dese_profiles", repository / "collaboratives" / "massachusetts")
    summary, code = house.refresh()
    assert code == 0, summary
    return house, summary


@pytest.fixture(scope="session")
def state(night) -> House:
    return night[0]


@pytest.fixture(scope="session")
def printed(real_records) -> dict[str, dict[str, str]]:
    """The functions' file as printed, by four-digit code, read without any of our own code."""
    raw = (real_records / "ma_dese_profiles" / FUNCTIONS_FILE).read_bytes().decode()
    rows = csv.DictReader(io.StringIO(raw.replace("\r", "\n"), newline=""))
    return {row["LEA"]: row for row in rows if row[IN_DISTRICT].strip()}


def figures(house: House, district_id: str, school_year: int, metric_id: str, breakdown: str = "all") -> dict:
    """Value of a metric by basis."""
    sql = f"""
    select basis, value from mart_per_pupil_spending
    where district_id = '{district_id}' and school_year = {school_year}
        and metric_id = '{metric_id}' and breakdown = '{breakdown}'
    """
    return dict(house.served(sql))


def test_night__lists_what_has_no_mapping_and_accounts_for_every_row(night, real_records):
    house, summary = night
    assert summary.outcome == "released"
    landed = {file.relative_path: file for file in summary.files if file.outcome == "landed"}
    assert landed.keys() >= LANDED
    assert sum(landed[path].rows_landed for path in LANDED) == 71 + 327 + 402
    assert len(summary.files) == sum(path.is_file() for path in house.inbox.rglob("*"))
    assert [file.outcome for file in summary.files].count("no_mapping") == 8
    assert all(file.rows_in == file.rows_landed for file in landed.values())
    assert (summary.rows_rejected, summary.rows_duplicate, summary.held) == (355, 0, ())
    assert [door.result for door in summary.doors] == ["passed"] * 3


@pytest.mark.parametrize(("metric_id", "value"), [("PPE.D02", "27359.7791"), ("PPE.D03", "29206.4285")])
def test_cambridge__per_pupil_spending_as_printed_and_from_its_own_lines(state, metric_id, value):
    found = figures(state, CAMBRIDGE, 2017, metric_id)
    assert set(found) == {"reported", "computed"}
    assert {basis: round(amount, 4) for basis, amount in found.items()} == dict.fromkeys(found, Decimal(value))


@pytest.mark.parametrize("heading", FUNCTIONS)
def test_cambridge__each_function_as_printed_and_from_its_own_lines(state, printed, heading):
    found = figures(state, CAMBRIDGE, 2017, "PPE.D04", f"function={FUNCTIONS[heading]}")
    wanted = Decimal(printed["0049"][heading])
    assert set(found) == {"reported", "computed"}
    assert all(abs(value - wanted) < FOURTH_DECIMAL for value in found.values())


def test_cambridge__out_of_district_spending(state):
    assert figures(state, CAMBRIDGE, 2017, "PPE.D08")["computed"] == Decimal("30595336.77")
    shares = figures(state, CAMBRIDGE, 2017, "PPE.D09")
    assert {basis: round(share, 4) for basis, share in shares.items()} == {
        "computed": Decimal("0.1438"),
        "implied": Decimal("0.1438"),
    }


@pytest.mark.parametrize(
    ("name", "dollars"), [("Somerville", "15486012.35"), ("Springfield", "68050374.24"), ("Boston", "234071174.07")]
)
def test_implied__out_of_district_spending_of_districts_that_print_none(state, name, dollars):
    ((district_id,),) = state.served(f"select district_id from dim_district where district_name = '{name}'")
    found = figures(state, district_id, 2017, "PPE.D08")
    assert {basis: round(value, 2) for basis, value in found.items()} == {"implied": Decimal(dollars)}


def test_functions__every_printed_figure_of_every_district_is_served(state, printed):
    sql = """
    select district_id, breakdown, value from fct_metric_value
    where school_year = 2017 and metric_id = 'PPE.D04' and basis = 'reported'
    """
    served = {(district_id, breakdown): value for district_id, breakdown, value in state.served(sql)}
    wanted = {
        ("_all" if code == "0000" else f"{code}0000", f"function={function}"): Decimal(row[heading])
        for code, row in printed.items()
        for heading, function in FUNCTIONS.items()
        if row[heading].strip()
    }
    assert len(printed) == 323
    assert {key: round(value, 10) for key, value in wanted.items()} == served


def test_functions__add_up_to_in_district_spending_in_every_district_and_the_state(state):
    sql = """
    select totals.entity_type, count(*), max(abs(totals.value - parts.value))
    from fct_metric_value as totals
    inner join (
        select district_id, sum(value) as value from fct_metric_value
        where school_year = 2017 and metric_id = 'PPE.D04' and basis = 'reported' group by district_id
    ) as parts on totals.district_id = parts.district_id
    where totals.school_year = 2017 and totals.metric_id = 'PPE.D02' and totals.basis = 'reported'
    group by totals.entity_type
    """
    found = {entity: (n, widest) for entity, n, widest in state.served(sql)}
    assert {entity: n for entity, (n, _) in found.items()} == {"district": 322, "state": 1}
    assert all(widest < Decimal("0.00001") for _, widest in found.values())


@pytest.mark.parametrize(
    ("metric_id", "figure", "tolerance"),
    [
        ("PPE.D02", "numerator", "0.05"),
        ("PPE.D03", "numerator", "0.05"),
        ("PPE.N01", "value", "1.0"),
        ("PPE.N03", "value", "1.0"),
    ],
)
def test_fy2020__the_state_row_is_the_sum_of_its_districts(state, metric_id, figure, tolerance):
    sql = f"""
    select
        sum({figure}) filter (where entity_type = 'district'),
        max({figure}) filter (where entity_type = 'state'),
        count(*) filter (where entity_type = 'district')
    from fct_metric_value where school_year = 2020 and metric_id = '{metric_id}' and basis = 'reported'
    """
    ((districts, whole, n),) = state.served(sql)
    assert n == 401
    assert abs(districts - whole) <= Decimal(tolerance)


def test_equity__over_the_322_districts_and_without_the_state(state, printed):
    """The regression figures of the issue; it mixes grade spans, so they are no finding about Massachusetts."""
    sql = """
    select metric_id, value, n_units from mart_equity
    where entity_type = 'collaborative' and school_year = 2017 and variant = 'state_functional' and basis = 'implied'
    """
    found = {metric: (round(value, 4), n_units) for metric, value, n_units in state.served(sql)}
    expected = {"EQ.01": "0.1914", "EQ.02": "0.9180", "EQ.03": "1.2055", "EQ.04": "0.0989", "EQ.05": "0.7123"}
    assert found == {metric: (Decimal(value), 322) for metric, value in expected.items()}
    districts = [(float(row[IN_DISTRICT]), float(row[PUPILS])) for code, row in printed.items() if code != "0000"]
    everything = [(float(row[IN_DISTRICT]), float(row[PUPILS])) for row in printed.values()]
    assert (round(spread(districts), 4), round(spread(everything), 4)) == (0.1914, 0.1353)


def spread(rows: list[tuple[float, float]]) -> float:
    """Coefficient of variation of spending per pupil, pupils as weights."""
    pupils = sum(n for _, n in rows)
    mean = sum(ppe * n for ppe, n in rows) / pupils
    return (sum(n * (ppe - mean) ** 2 for ppe, n in rows) / pupils) ** 0.5 / mean


def test_state_rows__are_never_districts(state):
    assert state.served("select count(*) from dim_district where district_id in ('_all', '00000000', '0000')") == [(0,)]
    sql = "select distinct district_id, entity_id from {} where entity_type = 'state'"
    for table in ("fct_metric_value", "fct_reported_value"):
        assert {row[0] for row in state.served(sql.format(table))} == {"_all"}
        codes = state.served(f"select distinct district_id from {table} where entity_type = 'district'")
        assert all(re.fullmatch(r"\d{8}", code) and code != "00000000" for (code,) in codes)
    assert not list((state.home.current_release / "private").glob("_all*"))
    assert not list((state.home.current_release / "private").glob("00000000*"))


def test_shared__holds_only_what_the_state_printed(state):
    assert state.served("select distinct basis from shared_per_pupil_spending", "shared") == [("reported",)]
    (n,) = state.served("select count(*) from shared_per_pupil_spending", "shared")[0]
    assert [(n,)] == state.served("select count(*) from mart_per_pupil_spending where basis = 'reported'")


def test_private__holds_one_district_and_nobody_else_s_rows(state):
    found = state.served("select distinct district_id from mart_per_pupil_spending", f"district:{CAMBRIDGE}")
    assert {row[0] for row in found} <= {CAMBRIDGE, "_all"}
    assert (CAMBRIDGE,) in found


def test_files__open_in_a_process_that_knows_nothing_of_us(state, tmp_path):
    path = Path(state.home.current_release / "collaborative.duckdb").resolve()
    ran = subprocess.run(
        [sys.executable, "-I", "-c", OPEN_ELSEWHERE, str(path)],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert [(json.loads(ran.stdout),)] == state.served("select count(*) from mart_per_pupil_spending")


def test_same_files_again__build_nothing(state):
    current = state.current()
    summary, code = state.refresh()
    assert (summary.outcome, code, state.current()) == ("nothing_to_build", 0, current)
