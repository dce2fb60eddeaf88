"""The state's own files, whole and damaged."""

from decimal import Decimal

import pytest
import xlsxwriter

from ingestion.configuration import load_collaborative
from ingestion.readers import read_sheet
from ingestion.sheet import ReadOptions
from tests.ingestion.delivered_files import faults, file_errors, read, read_path

pytestmark = pytest.mark.real_records

BY_FUNCTION = "fy2017/district_expenditures_by_function_per_pupil_fy2017.csv"
LINES = "fy2017/cambridge_fy2017_function_detail.csv"
PER_PUPIL = "fy2020/district_PerPupilExpenditures_2020.xlsx"
CAMBRIDGE = "00490000"


@pytest.fixture(scope="module")
def massachusetts(repository):
    return load_collaborative(repository / "collaboratives" / "massachusetts")


@pytest.fixture(scope="module")
def state_files(real_records):
    return real_records / "ma_dese_profiles"


@pytest.fixture
def damaged(massachusetts, state_files, tmp_path):
    """Read a copy of a text file with one text replaced (each time it stands, unless ``count`` is given)."""

    def damaged(name, old, new, count=-1):
        text = (state_files / name).read_bytes()
        assert old in text, old
        return read(massachusetts, tmp_path, name, text.replace(old, new, count))

    return damaged


@pytest.fixture
def damaged_workbook(massachusetts, state_files, tmp_path):
    """Read a copy of the workbook after ``change`` has worked on its rows."""
    from python_calamine import CalamineWorkbook

    def damaged_workbook(change, name=PER_PUPIL):
        sheet = CalamineWorkbook.from_path(str(state_files / PER_PUPIL)).get_sheet_by_index(0)
        rows = change(sheet.to_python(skip_empty_area=False))
        (tmp_path / name).parent.mkdir(exist_ok=True)
        with xlsxwriter.Workbook(tmp_path / name) as workbook:
            worksheet = workbook.add_worksheet(sheet.name)
            for number, row in enumerate(rows):
                worksheet.write_row(number, 0, row)
        return read_path(massachusetts, tmp_path / name, name)

    return damaged_workbook


@pytest.fixture(scope="module")
def by_function(massachusetts, state_files):
    return read_path(massachusetts, state_files / BY_FUNCTION, BY_FUNCTION)


@pytest.fixture(scope="module")
def lines(massachusetts, state_files):
    return read_path(massachusetts, state_files / LINES, LINES)


@pytest.fixture(scope="module")
def per_pupil(massachusetts, state_files):
    return read_path(massachusetts, state_files / PER_PUPIL, PER_PUPIL)


def _figures(reading, entity_id):
    return {(r["metric_id"], r["breakdown"]): r for r in reading.table.to_pylist() if r["entity_id"] == entity_id}


def _without(rows, *lines):
    return [row for line, row in enumerate(rows, start=1) if line not in lines]


def _with_cell(rows, line, column, text):
    rows = [list(row) for row in rows]
    rows[line - 1][column] = text
    return rows


def test_the_ten_functions_land_whole(by_function):
    assert (by_function.state, by_function.rows_in, by_function.rows_landed) == ("accepted", 327, 327)
    assert (by_function.school_year, by_function.vintage) == (2017, by_function.file_sha256[:12])
    assert by_function.table.num_rows == 327 * 16
    assert {finding.severity for finding in by_function.findings} == {"passed"}
    rows = by_function.table.to_pylist()
    assert sum(row["value_status"] == "suppressed" for row in rows) == 15
    blank = {
        row["entity_id"] for row in rows if row["metric_id"] == "PPE.D02" and row["value_status"] == "not_reported"
    }
    assert len(blank) == 4
    assert {row["entity_id"] for row in rows if row["district_id"] == "_all"} == {"MA"}
    assert "00000000" not in {row["district_id"] for row in rows}


def test_cambridge_is_as_published(by_function):
    cambridge = _figures(by_function, CAMBRIDGE)
    assert abs(cambridge["PPE.D02", "all"]["value"] - Decimal("27359.77909")) <= Decimal("0.0001")
    assert abs(cambridge["PPE.D03", "all"]["value"] - Decimal("29206.42853")) <= Decimal("0.0001")
    assert abs(cambridge["PPE.D04", "function=teachers"]["value"] - Decimal("8717.4589")) <= Decimal("0.0001")
    assert cambridge["PPE.D02", "all"]["denominator"] == cambridge["PPE.D02", "all"]["n"] == Decimal("6656.2")
    assert cambridge["PPE.D03", "all"]["denominator"] == Decimal("7282.9")
    assert cambridge["PPE.N01", "all"]["value"] == Decimal("6656.2")
    assert cambridge["PPE.D02", "all"]["numerator"] is None


def test_the_ten_functions_add_up_in_every_row_that_has_figures(by_function):
    parts, totals = {}, {}
    for row in by_function.table.to_pylist():
        if row["metric_id"] == "PPE.D04" and row["value"] is not None:
            parts[row["entity_id"]] = parts.get(row["entity_id"], Decimal(0)) + row["value"]
        if row["metric_id"] == "PPE.D02" and row["value"] is not None:
            totals[row["entity_id"]] = row["value"]
    assert len(totals) == 323
    assert max(abs(parts[entity] - total) for entity, total in totals.items()) <= Decimal("0.00001")


def test_cambridges_lines_are_its_published_functions_times_its_pupils(lines, by_function):
    assert (lines.state, lines.rows_in, lines.rows_landed, lines.table.num_rows) == ("accepted", 71, 71, 71)
    assert set(lines.table.column("district_id").to_pylist()) == {CAMBRIDGE}
    amounts = {}
    for row in lines.table.to_pylist():
        amounts[row["state_function"]] = amounts.get(row["state_function"], Decimal(0)) + row["amount_usd"]
    assert amounts.pop("out_of_district") == Decimal("30595336.77")
    assert sum(amounts.values()) == Decimal("182112161.56")
    published = _figures(by_function, CAMBRIDGE)
    assert len(amounts) == 10
    for function, amount in amounts.items():
        printed = published["PPE.D04", f"function={function}"]["value"]
        assert abs(amount / Decimal("6656.2") - printed) <= Decimal("0.0001"), function


def test_per_pupil_expenditures_land_whole_with_dollars_and_pupils(per_pupil):
    assert (per_pupil.state, per_pupil.rows_in, per_pupil.rows_landed) == ("accepted", 402, 402)
    assert per_pupil.table.num_rows == 402 * 4
    state = _figures(per_pupil, "MA")
    assert state["PPE.D02", "all"]["numerator"] == Decimal("16162994051.45")
    assert state["PPE.D03", "all"]["numerator"] == Decimal("18142490480.89")
    assert state["PPE.N03", "all"]["value"] == state["PPE.D03", "all"]["n"] == Decimal("1032279.4")
    assert state["PPE.D02", "all"]["value"] == Decimal("16983.99")
    assert {finding.rule_id for finding in per_pupil.findings} == {"Q01", "Q03", "Q04", "D02", "D03", "CT1", "I01"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Pupil Services", b"Pupil Support"),
        (b"Total\rIn-District", b"All\rIn-District"),
        (b",Teachers,", b",Teacher,"),
    ],
)
def test_a_renamed_heading_refuses_the_statewide_file(damaged, old, new):
    reading = damaged(BY_FUNCTION, old, new)
    assert (reading.state, file_errors(reading), reading.rows_rejected) == ("quarantined", {"D02"}, 327)


def test_a_dropped_column_refuses_the_statewide_file(massachusetts, state_files, tmp_path):
    text = (state_files / BY_FUNCTION).read_bytes().decode()
    head, *rows = text.split("\r")
    shortened = "\r".join(row.rsplit(",", 1)[0] for row in (head, *rows))
    assert file_errors(read(massachusetts, tmp_path, BY_FUNCTION, shortened)) >= {"D02"}


def test_an_unknown_code_refuses_one_row_and_the_rest_lands(damaged):
    reading = damaged(BY_FUNCTION, b"\r0001,Abington", b"\r7777,Abington")
    assert (reading.state, reading.rows_landed, reading.rows_rejected) == ("accepted_with_rejects", 326, 1)
    assert faults(reading) == [(3, "LEA", "Q04")]
    assert "7777" in reading.rejects[0].reason


def test_a_code_that_lost_its_zeros_refuses_one_row_and_says_why(damaged):
    reading = damaged(BY_FUNCTION, b"\r0100,", b"\r100,")
    assert (reading.rows_landed, [fault[1:] for fault in faults(reading)]) == (326, [("LEA", "Q03")])
    assert "leading zeros" in reading.rejects[0].reason


def test_all_codes_without_zeros_refuse_the_file(massachusetts, state_files, tmp_path):
    rows = (state_files / BY_FUNCTION).read_bytes().decode().split("\r")
    lost = "\r".join(row.lstrip("0") for row in rows)
    reading = read(massachusetts, tmp_path, BY_FUNCTION, lost)
    assert reading.state == "quarantined"
    assert "CT1" in file_errors(reading)


def test_letters_in_a_rate_refuse_one_row(damaged):
    reading = damaged(BY_FUNCTION, b"5378.047737", b"5378.O47737")
    assert faults(reading) == [(3, "Teachers", "D03")]
    assert reading.rows_landed == 326


def test_another_marker_than_the_declared_one_refuses_its_rows(damaged):
    reading = damaged(BY_FUNCTION, b"less than 6", b"fewer than 6")
    assert (len(reading.rejects), reading.rows_landed) == (15, 312)
    assert {reject.rule_id for reject in reading.rejects} == {"D03"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"15458.51702,", b"15459.51702,"),
        (b"5378.047737", b"5379.047737"),
        (b"904544.8", b"904547.8"),
        (b"\r0035,", b"\r0000,"),
    ],
)
def test_a_statewide_file_whose_total_does_not_fit_is_refused(damaged, old, new):
    reading = damaged(BY_FUNCTION, old, new, 1)
    assert (reading.state, file_errors(reading)) == ("quarantined", {"CT1"})


def test_half_a_statewide_file_is_refused(massachusetts, state_files, tmp_path):
    rows = (state_files / BY_FUNCTION).read_bytes().split(b"\r")
    half = read(massachusetts, tmp_path, BY_FUNCTION, b"\r".join(rows[: len(rows) // 2]))
    assert (half.state, file_errors(half)) == ("quarantined", {"Q01", "CT1"})
    with_total = read(massachusetts, tmp_path, BY_FUNCTION, b"\r".join([*rows[: len(rows) // 2], rows[-1]]))
    assert "CT1" in file_errors(with_total)


def test_a_missing_district_refuses_the_workbook(damaged_workbook):
    assert file_errors(damaged_workbook(lambda rows: _without(rows, 10))) == {"CT1"}


def test_a_workbook_of_the_same_content_lands_alike(damaged_workbook, per_pupil):
    assert damaged_workbook(lambda rows: rows).table == per_pupil.table


@pytest.mark.parametrize(("column", "rule"), [(2, "D03"), (3, "D03"), (4, "D03"), (1, "Q03")])
def test_letters_in_a_workbooks_cell_refuse_one_row(damaged_workbook, column, rule):
    reading = damaged_workbook(lambda rows: _with_cell(rows, 10, column, "about 12"))
    assert (reading.state, reading.rows_landed) == ("accepted_with_rejects", 401)
    assert [(line, rule_id) for line, _, rule_id in faults(reading)] == [(10, rule)]


@pytest.mark.parametrize("column", [2, 3, 5, 6])
def test_a_wrong_total_refuses_the_workbook(damaged_workbook, column):
    reading = damaged_workbook(lambda rows: _with_cell(rows, 404, column, "1,000.00"))
    assert (reading.state, file_errors(reading)) == ("quarantined", {"CT1"})


@pytest.mark.parametrize("title", ["2019 Per Pupil Expenditures, All Funds", "Teacher Salaries"])
def test_a_title_of_another_year_or_report_refuses_the_workbook(damaged_workbook, title):
    assert file_errors(damaged_workbook(lambda rows: _with_cell(rows, 1, 0, title))) == {"Q01"}


def test_a_repeated_row_is_a_repetition_and_a_contradicting_one_refuses_both(damaged_workbook):
    repeated = damaged_workbook(lambda rows: [*rows, rows[9]])
    assert (repeated.rows_landed, repeated.rows_duplicate, repeated.state) == (402, 1, "accepted")
    contradicting = damaged_workbook(lambda rows: [*rows, *_with_cell([rows[9]], 1, 4, "$1.00")])
    assert [(line, rule) for line, _, rule in faults(contradicting)] == [(10, "Q03"), (405, "Q03")]


def test_the_workbook_is_read_with_its_lines(state_files):
    sheet = read_sheet(state_files / PER_PUPIL, ReadOptions(headings=("District Code", "Total Expenditures")))
    assert sheet.title_lines == ("2020 Per Pupil Expenditures, All Funds",)
    assert (sheet.heading_line, len(sheet.headings)) == (2, 8)
    assert sheet.table.column("line").to_pylist() == list(range(3, 405))
