"""The federal survey's own file, made up: current spending per pupil (PPE.D05), and what is missing in it."""

from decimal import Decimal

import pytest

from tests.ingestion.delivered_files import errors, load_little, read

OURS = """\
extends: shipped:us_census/f33_current.yaml
mapping: our_f33
sender: state
only_rows: {state: ['41']}
"""
DISTRICTS = (
    "district_id,name,district_type,member_from,member_to\n4100010,Abel,d,,\n4100020,Baker,d,,\n4100030,Cole,d,,\n"
)
HEADINGS = "LEAID\tFIPST\tV33\tTCURELSC\tTCURINST\tTCURSSVC\tTCUROTH\tV91\tV92\tTCAPOUT"


def figures(tmp_path, *rows, mapping=OURS):
    """Each district's figure, and what the file's own sums showed."""
    found = load_little(tmp_path, **{"mappings/ours.yaml": mapping, "districts.csv": DISTRICTS})
    lines = [HEADINGS, *("\t".join(map(str, row)) for row in rows)]
    reading = read(found, tmp_path / "inbox", "sdf20_1a.txt", lines)
    assert errors(reading) == []
    return {row["district_id"]: row for row in reading.table.to_pylist()}, reading


def test_current_spending_is_less_what_is_paid_for_pupils_elsewhere(tmp_path):
    found, reading = figures(
        tmp_path,
        ("4100010", "41", 100, 1_500_000, 900_000, 500_000, 100_000, 20_000, 30_000, 9_999_999),
        ("0600010", "06", 7, 1, 1, 0, 0, 0, 0, 0),
    )
    assert (reading.rows_landed, reading.rows_ignored, reading.school_year) == (1, 1, 2020)
    row = found["4100010"]
    assert (row["metric_id"], row["variant"], row["value_status"]) == ("PPE.D05", "us_census_f33", "reported")
    assert (row["value"], row["numerator"], row["denominator"]) == (Decimal(14_500), 1_450_000, 100)


@pytest.mark.parametrize(("place", "code"), [(4, -1), (6, -2), (7, -1), (8, -2), (2, -1), (8, -3)])
def test_a_missing_part_leaves_no_figure(tmp_path, place, code):
    row = ["4100020", "41", 100, 300, 100, 100, 100, 0, 0, 5]
    row[place] = code
    found, _ = figures(tmp_path, ("4100010", "41", 1, 3, 1, 1, 1, 0, 0, 0), row)
    assert found["4100010"]["value"] == 3
    assert (found["4100020"]["value"], found["4100020"]["numerator"]) == (None, None)
    assert found["4100020"]["value_status"] == ("suppressed" if code == -3 else "not_reported")


def test_a_district_without_pupils_has_parts_and_no_figure(tmp_path):
    found, _ = figures(tmp_path, ("4100010", "41", 0, 300, 100, 100, 100, 0, 0, 5))
    row = found["4100010"]
    assert (row["value"], row["numerator"], row["denominator"]) == (None, 300, 0)
    assert row["value_status"] == "not_reported"


def test_a_collaborative_may_say_that_not_applicable_is_nothing_paid(tmp_path):
    more = OURS + "columns: {to_charter_schools: {codes: {'-2': '0'}, markers: {}}}\n"
    found, _ = figures(tmp_path, ("4100010", "41", 10, 300, 100, 100, 100, 30, -2, 5), mapping=more)
    assert found["4100010"]["value"] == 27


def test_a_total_that_is_not_the_sum_of_its_parts_names_the_district(tmp_path):
    rows = [(f"41000{n}0", "41", 10, 300 + (n == 2), 100, 100, 100, 0, 0, 0) for n in (1, 2, 3)]
    _, reading = figures(tmp_path, *rows)
    assert [failure.district_id for failure in reading.identity_failures] == ["4100020"]
