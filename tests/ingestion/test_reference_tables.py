"""Indexes, a state's foundation and need weights, as rows of a collaborative's configuration."""

from datetime import date
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration, load_collaborative
from ingestion.home import Home
from ingestion.reference_tables import BASE_YEAR
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import load_little, write_configuration

PRICES = "month,value,note\n"
COSTS = "district_id,index_year,value\n"
FOUNDATION = "state,fiscal_year,amount_usd,multiplier,reimbursement_rate,paid_share\n"
NEEDS = "subgroup,weight,from_school_year,to_school_year\n"
MONTHS = [f"{2024 + (at > 5)}-{(at + 6) % 12 + 1:02}-01,{300 + at},\n" for at in range(12)]
YEAR = PRICES + "".join(MONTHS)
BASE = {"thresholds.csv": "threshold,value,note\nreal_dollars_fiscal_year,2025,\n"}
TABLES = ("cpi_u", "cwift", "state_foundation", "need_weights")


def tables(folder, **changed) -> dict:
    compiled = compile_configuration(load_little(folder / "c", **changed), Home(folder / "home"))
    return {name: pq.read_table(compiled.folder / f"{name}.parquet").to_pylist() for name in TABLES}


def test_reference_tables__are_empty_without_a_file(tmp_path):
    assert tables(tmp_path) == {name: [] for name in TABLES}


def test_reference_tables__are_rows(tmp_path):
    found = tables(
        tmp_path,
        **BASE,
        **{
            "cpi_u.csv": PRICES + "2024-07-01,314.54,A source and its licence\n" + "".join(MONTHS[1:]),
            "cwift.csv": f"{COSTS}00010000,2024,1.05\n",
            "state_foundation.csv": f"{FOUNDATION}MA,2014,10351,4,0.75,\n",
            "need_weights.csv": f"{NEEDS}low_income,0.4,,2024\nlow_income,0.5,2025,\n",
        },
    )
    assert len(found["cpi_u"]) == 12
    assert found["cpi_u"][0] == {
        "month": date(2024, 7, 1),
        "value": Decimal("314.540000"),
        "note": "A source and its licence",
    }
    (cost,) = found["cwift"]
    assert (cost["district_id"], cost["index_year"], cost["value"]) == ("00010000", 2024, Decimal("1.050000"))
    (foundation,) = found["state_foundation"]
    assert (foundation["amount_usd"], foundation["paid_share"]) == (Decimal("10351.000000"), Decimal("1.000000"))
    assert [(row["weight"], row["from_school_year"]) for row in found["need_weights"]] == [
        (Decimal("0.400000"), None),
        (Decimal("0.500000"), 2025),
    ]


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("cpi_u.csv", f"{YEAR}2025-07-02,314,\n", "month must be the first day"),
        ("cpi_u.csv", f"{YEAR}2025-07-01,0,\n", "a number must be above 0"),
        ("cpi_u.csv", f"{YEAR}2024-07-01,2,\n", "repeats the month of line 2"),
        ("cpi_u.csv", PRICES + "".join(MONTHS[1:]), "2024-07-01 missing of real_dollars_fiscal_year 2025"),
        ("cpi_u.csv", PRICES + "".join(MONTHS[:-1]) + "2025-07-01,1,\n", "2025-06-01 missing"),
        ("cpi_u.csv", YEAR.replace("2024", "2014").replace("2025", "2015"), "2024-07-01, 2024-08-01"),
        ("state_foundation.csv", f"{FOUNDATION}NH,2014,10351,4,0.75,\n", "NH is not MA, the state of collaborative"),
        ("cwift.csv", f"{COSTS}99990000,2024,1.05\n", "99990000 is not in districts.csv"),
        ("cwift.csv", f"{COSTS}00010000,2024,1.0000001\n", "at most six digits"),
        ("state_foundation.csv", f"{FOUNDATION}MA,2014,10351,4,75,\n", "are shares, from 0 to 1"),
        ("state_foundation.csv", f"{FOUNDATION}MA,2014,10351,4,0.75,1.1\n", "are shares, from 0 to 1"),
        ("state_foundation.csv", f"{FOUNDATION}MA,2014,10351,0,0.75,\n", "a number must be above 0"),
        ("need_weights.csv", f"{NEEDS}low_income,0.4,,2025\nlow_income,0.5,2025,\n", "low_income has two weights"),
        ("need_weights.csv", f"{NEEDS}low_income,0.4,2026,2025\n", "from_school_year is after"),
        ("need_weights.csv", f"{NEEDS}everyone,0.4,,\n", "need_weights.csv:2:subgroup"),
    ],
)
def test_reference_tables__what_cannot_be_meant_is_refused(tmp_path, file, content, message):
    write_configuration(tmp_path, **BASE, **{file: content})
    with pytest.raises(ConfigurationError) as caught:
        load_collaborative(tmp_path)
    assert len(caught.value.messages) == 1 and message in caught.value.messages[0]


def test_reference_tables__prices_need_a_base_year(tmp_path):
    write_configuration(tmp_path, **{"cpi_u.csv": f"{PRICES}2024-07-01,314,\n"})
    with pytest.raises(ConfigurationError, match=r"add real_dollars_fiscal_year to thresholds\.csv"):
        load_collaborative(tmp_path)


@pytest.mark.parametrize("year", ["2024.5", "25"])
def test_reference_tables__the_base_year_is_a_year(tmp_path, year):
    write_configuration(tmp_path, **{"cpi_u.csv": YEAR, "thresholds.csv": f"threshold,value\n{BASE_YEAR},{year}\n"})
    with pytest.raises(ConfigurationError, match="real_dollars_fiscal_year must be a year"):
        load_collaborative(tmp_path)


def test_periods__the_day_of_counting_is_one_day(tmp_path):
    periods = "period,school_year,fiscal_year,starts_on,ends_on\nyear,2026,2026,2025-07-01,2026-06-30\n"
    count_day = "count_day,2026,2026,2025-10-01,{}\n"
    write_configuration(tmp_path, **{"periods.csv": periods + count_day.format("2025-10-02")})
    with pytest.raises(ConfigurationError, match="the period 'count_day' is one day"):
        load_collaborative(tmp_path)
    right = load_little(tmp_path / "right", **{"periods.csv": periods + count_day.format("2025-10-01")})
    assert [period.period for period in right.periods] == ["year", "count_day"]
