"""Who says when a pupil is chronically absent, and what counts: rows of a collaborative over the product's."""

from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from ingestion.configuration import compile_configuration
from ingestion.home import Home
from tests.ingestion.delivered_files import load_little, refuse_configuration

AUTHORITY = "authority,metric_id,minimum_days,absence_share,partial_day_rule,grades\n"


def test_an_authoritys_definition_of_chronic_absence_is_a_row_over_the_products(tmp_path):
    own = AUTHORITY + "ours,SS.A04,31,0.125,fraction,KG 01\nfederal,SS.A04,12,0.1,fraction,PK KG\n"
    little = load_little(tmp_path, **{"attendance_authorities.csv": own})
    lines = {(row.authority, row.metric_id): (row.minimum_days, row.grades) for row in little.attendance_authorities}
    assert lines["ours", "SS.A04"] == (31, "KG 01")
    assert lines["federal", "SS.A04"] == (12, "PK KG")
    assert lines["massachusetts", "SS.A05"][0] == 20
    compiled = compile_configuration(little, Home(tmp_path / "home"))
    rows = pq.read_table(compiled.folder / "attendance_authorities.parquet").to_pylist()
    shares = {(row["authority"], row["metric_id"]): (row["absence_share"], row["absence_days"]) for row in rows}
    assert shares["ours", "SS.A04"] == (Decimal("0.125000"), None)
    assert shares["massachusetts", "SS.A09"] == (None, Decimal("10.000000"))
    assert shares["federal", "SS.A04"] == (Decimal("0.100000"), None)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("ours,SS.A04,0,0.1,fraction,KG", "minimum_days must be 1 or more"),
        ("ours,SS.A04,10,0,fraction,KG", "absence_share must be above 0"),
        ("ours,SS.A04,10,1.1,fraction,KG", "absence_share must be above 0 and at most 1"),
        ("ours,SS.A04,10,0.1234567,fraction,KG", "more than six digits"),
        ("ours,SS.A04,10,,fraction,KG", "needs either absence_share or absence_days, and not both"),
        ("ours,SS.A04,10,0.1,whole_day,KG", "attendance_authorities.csv:2:partial_day_rule"),
        ("ours,SS.A04,10,0.1,fraction,K 1", "grades must be of PK KG 01"),
        ("ours,SS.A04,10,0.1,fraction,KG  01", "grades must be of PK KG 01"),
        ("ours,SS.A04,10,0.1,fraction,KG KG", "grades names one of them twice"),
    ],
)
def test_a_definition_that_cannot_be_meant_is_refused(tmp_path, row, message):
    messages = refuse_configuration(tmp_path, **{"attendance_authorities.csv": f"{AUTHORITY}{row}\n"})
    assert len(messages) == 1 and message in messages[0]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ("0.1,5,,,,,", "needs either absence_share or absence_days, and not both"),
        (",367,,,,,", "absence_days must be above 0 and at most 366"),
        (",0,,,,,", "absence_days must be above 0 and at most 366"),
        ("0.1,,above,,,,", "minimum_days_rule"),
        ("0.1,,,-1,,,", "minimum_days_present must be 0 or more"),
        ("0.1,,,,excused present,,", "counted_categories must be of excused unexcused"),
        ("0.1,,,,excused excused,,", "counted_categories names one of them twice"),
        ("0.1,,,,,gone,", "leavers"),
        ("0.1,,,,,,perhaps", "exit_day_counts"),
    ],
)
def test_what_an_authority_counts_is_one_of_the_known_things(tmp_path, cells, message):
    heading = "authority,metric_id,minimum_days,partial_day_rule,grades,absence_share,absence_days,minimum_days_rule,"
    heading += "minimum_days_present,counted_categories,leavers,exit_day_counts\n"
    rows = f"{heading}ours,SS.A04,10,fraction,KG,{cells}\n"
    (fault,) = refuse_configuration(tmp_path, **{"attendance_authorities.csv": rows})
    assert "attendance_authorities.csv:2:" in fault and message in fault


def test_an_authority_may_leave_out_what_the_product_takes_for_granted(tmp_path):
    little = load_little(tmp_path, **{"attendance_authorities.csv": f"{AUTHORITY}ours,SS.A04,10,0.1,fraction,KG\n"})
    (row,) = [each for each in little.attendance_authorities if each.authority == "ours"]
    assert (row.minimum_days_rule, row.minimum_days_present, row.leavers, row.exit_day_counts) == (
        "at_least",
        0,
        "count",
        True,
    )
    assert row.counted_categories == "excused unexcused tardy partial OSS"
