"""Rows that are refused one by one (rules D02, D03, Q03, Q04), and what becomes of the file."""

import pytest

from ingestion.configuration import load_collaborative
from synthetic.generate import generate
from tests.ingestion.delivered_files import (
    LINES,
    LINES_ROWS,
    RATES_ROWS,
    changed,
    faults,
    file_errors,
    load_little,
    messages,
    read,
    row_of,
)


@pytest.mark.parametrize("cell", ["12O", "1e3", "(10)", "n/a", "***", "10.12345678901", "1,0", "ten"])
def test_text_in_place_of_a_number_refuses_the_row(deliver_lines, cell):
    reading = deliver_lines(changed(LINES_ROWS, "100.10", f'"{cell}"'))
    assert (reading.state, reading.rows_landed, reading.rows_rejected) == ("accepted_with_rejects", 2, 1)
    assert faults(reading) == [(2, "amount", "D03")]
    assert cell not in messages(reading) + reading.rejects[0].reason


def test_one_refused_line_of_parts_of_a_sum_refuses_the_file(deliver_lines):
    reading = deliver_lines(changed(LINES_ROWS, "100.10", "1OO.10"), row_by_row=False)
    assert (reading.state, reading.rows_landed, reading.rows_rejected) == ("quarantined", 0, 3)
    assert faults(reading) == [(2, "amount", "D03")]
    assert "Q01" in file_errors(reading)
    assert "add up to a total" in messages(reading)


@pytest.mark.parametrize("fiscal_year", [2020, 2021])
def test_a_line_of_another_fiscal_year_than_the_files_is_refused(tmp_path, fiscal_year):
    """What the calendar gives for the school year counts, whatever the two are called."""
    by_column = LINES.replace("{delivery: school_year}", "{column: fy}")
    lines = by_column.replace("columns:\n", "columns:\n  fy: {heading: fy, type: number}\n")
    years = f"period,school_year,fiscal_year,starts_on,ends_on\nyear,2020,{fiscal_year},2019-07-01,2020-06-30\n"
    little = load_little(tmp_path / "c", **{"mappings/lines.yaml": lines, "periods.csv": years})
    years_of_rows = ["fy", fiscal_year, fiscal_year - 1, fiscal_year + 1]
    rows = [f"{row},{year}" for row, year in zip(LINES_ROWS, years_of_rows, strict=True)]
    reading = read(little, tmp_path, "00010000/lines_2020.csv", rows, row_by_row=True)
    assert faults(reading) == [(3, "fy", "Q04"), (4, "fy", "Q04")]
    assert f"the fiscal year is not {fiscal_year}, which the calendar gives" in reading.rejects[0].reason
    assert set(reading.table.column("fiscal_year").to_pylist()) == {fiscal_year}
    whole = read(little, tmp_path, "00010000/lines_2020.csv", rows)
    assert (whole.state, whole.rows_landed) == ("quarantined", 0)


@pytest.mark.parametrize(
    ("extract", "state"),
    [("gl_actuals", "quarantined"), ("gl_budget", "quarantined"), ("chart_of_accounts", "accepted_with_rejects")],
)
def test_a_ledger_of_the_demo_takes_no_row_of_another_fiscal_year(tmp_path, extract, state):
    made = generate(tmp_path / "made", count=1, years=(2025,))
    demo, name = load_collaborative(made.collaborative), f"{made.districts[0].district_id}/2025/{extract}.csv"
    heading, *rows = (made.nights[0] / name).read_text(encoding="utf-8").splitlines()
    cells = rows[0].split(",")
    cells[heading.split(",").index("fiscal_year")] = "2024"
    reading = read(demo, tmp_path / "inbox", name, [heading, ",".join(cells), *rows[1:]])
    assert (reading.state, faults(reading)) == (state, [(2, "fiscal_year", "Q04")])
    assert set(reading.table.column("fiscal_year").to_pylist()) <= {2025}
    assert read(demo, tmp_path / "inbox", name, [heading, *rows]).state == "accepted"


def test_money_with_more_than_cents_is_refused_and_never_rounded(deliver_lines):
    assert faults(deliver_lines(changed(LINES_ROWS, "100.10", "100.105"))) == [(2, "amount", "D03")]
    assert faults(deliver_lines(changed(LINES_ROWS, "100.10", "100.1000"))) == []


def test_a_number_too_large_for_its_type_is_refused(deliver_lines):
    assert faults(deliver_lines(changed(LINES_ROWS, "100.10", "9" * 17))) == [(2, "amount", "D03")]
    assert faults(deliver_lines(changed(LINES_ROWS, "100.10", "9" * 16))) == []


def test_an_empty_cell_where_a_value_is_required_refuses_the_row(deliver_lines):
    reading = deliver_lines(changed(changed(LINES_ROWS, "100.10", ""), "Charter", " "))
    assert faults(reading) == [(2, "amount", "D03"), (4, "item", "Q03")]
    assert all("empty" in reject.reason for reject in reading.rejects)


def test_a_marker_where_a_number_is_required_refuses_the_row(tmp_path):
    markers = LINES + "markers: {'': not_reported, hidden: suppressed}\n"
    little = load_little(tmp_path / "c", **{"mappings/lines.yaml": markers})
    rows = changed(changed(LINES_ROWS, "100.10", ""), ",0", ",hidden")
    reading = read(little, tmp_path / "inbox", "00010000/lines_2020.csv", rows)
    assert faults(reading) == [(2, "amount", "D03"), (3, "amount", "D03")]
    assert "a marker where a number is required" in reading.rejects[1].reason


def test_a_text_that_the_mapping_does_not_know_refuses_the_row(deliver_lines):
    assert faults(deliver_lines(changed(LINES_ROWS, "Tuition", "Tuitions"))) == [(4, "category", "Q04")]


def test_a_code_that_is_not_on_the_roster_refuses_its_row_by_name(deliver):
    reading = deliver([*RATES_ROWS, "0007,Nobody,0,$0,0"])
    assert (reading.state, reading.rows_landed) == ("accepted_with_rejects", 4)
    assert faults(reading) == [(6, "Code", "Q04")]
    assert "0007" in reading.rejects[0].reason


def test_a_district_that_is_no_member_that_year_is_not_on_the_roster(deliver):
    assert faults(deliver([*RATES_ROWS, "0009,Gone,0,$0,0"])) == [(6, "Code", "Q04")]


@pytest.mark.parametrize("code", ["1", "00010000", "000A", "", "1.0E3"])
def test_a_code_of_another_width_refuses_its_row_and_says_why(deliver, code):
    reading = deliver(changed(RATES_ROWS, "0001", code))
    assert (reading.rows_landed, faults(reading)) == (3, [(2, "Code", "Q03")])
    assert "leading zeros were probably lost" in reading.rejects[0].reason


def test_a_row_with_other_cells_than_headings_is_refused(deliver):
    reading = deliver([*RATES_ROWS, "0001,Abel,1", "0002,Baker,1,2,3,4"])
    assert faults(reading) == [(6, "", "D02"), (7, "", "D02")]
    assert reading.rows_landed == 4


def test_an_exact_repetition_is_counted_and_lands_once(deliver):
    reading = deliver([*RATES_ROWS, RATES_ROWS[1], "0002,Baker,1000,20000,20.0"])
    assert (reading.rows_in, reading.rows_landed, reading.rows_duplicate, reading.rows_rejected) == (6, 4, 2, 0)
    assert reading.state == "accepted"
    assert row_of(reading, "00020000", "N")["source_line"] == 3


def test_one_key_with_two_values_refuses_both_rows(deliver_lines):
    reading = deliver_lines([*LINES_ROWS, "Teachers,Classroom,100.11"])
    assert faults(reading) == [(2, "", "Q03"), (5, "", "Q03")]
    assert (reading.rows_landed, reading.rows_duplicate) == (2, 0)


def test_a_row_that_can_be_read_does_not_win_over_its_twin_that_cannot(deliver_lines):
    reading = deliver_lines([*LINES_ROWS, "Teachers,Classroom,abc"])
    assert {line for line, _, _ in faults(reading)} == {2, 5}


def test_a_file_of_which_nothing_lands_is_refused(deliver_lines):
    reading = deliver_lines([LINES_ROWS[0], "Teachers,Classroom,abc"])
    assert (reading.state, file_errors(reading), reading.rows_rejected) == ("quarantined", {"D03"}, 1)
    assert reading.rejects
