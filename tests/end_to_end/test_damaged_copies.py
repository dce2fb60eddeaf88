"""Damaged copies of the state's own files: what each is refused or held for, and that what was admitted still serves.

Every copy is damaged by other means than the project's own writers: bytes, XML inside the workbook, or cells.
"""

import shutil
import zipfile
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from ingestion.configuration import load_collaborative
from ingestion.home import ALL_DISTRICTS, Home
from ingestion.ledger import open_ledger
from ingestion.selection import current_selection
from orchestration.intake import land_and_admit
from orchestration.warehouse import Warehouse

pytestmark = [pytest.mark.real_records, pytest.mark.xdist_group("damaged_copies")]

BY_FUNCTION = "fy2017/district_expenditures_by_function_per_pupil_fy2017.csv"
PER_PUPIL = "fy2020/district_PerPupilExpenditures_2020.xlsx"
NEXT_YEAR = "fy2021/district_PerPupilExpenditures_2021_vintage_B.xlsx"
POPULATIONS = "fy2017/district_selectedpopulations.csv"
DISTRICTS = 401
CODE, IN_DISTRICT, RATE, TOTAL = 1, 2, 4, 5
DOLLARS = (IN_DISTRICT, TOTAL)


@dataclass
class Intake:
    """A home of Massachusetts and an inbox into which damaged copies are put."""

    warehouse: Warehouse
    originals: Path

    @property
    def inbox(self):
        return self.warehouse.inbox

    def take(self):
        """Land, judge and record what stands in the inbox: the one file that was read, and the verdicts."""
        intake = land_and_admit(self.warehouse)
        (file,) = [file for file in intake.inbox.files if file.outcome in ("landed", "quarantined")]
        assert file.rows_in == file.rows_landed + file.rows_rejected + file.rows_duplicate
        return file, intake.verdicts

    def put(self, name, content=None, under=None):
        """Put a copy of an original into the inbox, with other bytes when they are given."""
        path = self.inbox / (under or name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((self.originals / name).read_bytes() if content is None else content)
        return path

    def put_text(self, name, change, under=None):
        """Put a copy after ``change`` has worked on its bytes."""
        before = (self.originals / name).read_bytes()
        after = change(before)
        assert after != before
        return self.put(name, after, under)

    def put_cells(self, name, change, under=None):
        """Put a copy of a workbook after ``change`` has worked on its rows."""
        sheet = CalamineWorkbook.from_path(str(self.originals / name)).get_sheet_by_index(0)
        before = sheet.to_python(skip_empty_area=False)
        rows = change([list(row) for row in before])
        assert rows != before
        path = self.inbox / (under or name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with xlsxwriter.Workbook(path) as workbook:
            worksheet = workbook.add_worksheet(sheet.name)
            for number, row in enumerate(rows):
                worksheet.write_row(number, 0, row)

    def put_xml(self, name, old, new):
        """Put a copy of a workbook with one text of its XML replaced."""
        path = self.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        found = 0
        with zipfile.ZipFile(self.originals / name) as original, zipfile.ZipFile(path, "w") as copy:
            for entry in original.infolist():
                content = original.read(entry)
                found += content.count(old)
                copy.writestr(entry, content.replace(old, new))
        assert found == 1, found

    def serving(self):
        """Which delivery serves each slot."""
        rows = current_selection(self.warehouse.ledger).to_pylist()
        current = [row for row in rows if row["is_current"]]
        return {(row["district_id"], row["extract"], row["school_year"]): row["delivery_id"] for row in current}


@pytest.fixture(scope="module")
def massachusetts(repository):
    return load_collaborative(repository / "collaboratives" / "massachusetts")


@pytest.fixture(scope="module")
def untouched_home(tmp_path_factory):
    """A home whose ledger is set up, to copy."""
    home = Home(tmp_path_factory.mktemp("untouched") / "home").ensure()
    open_ledger(home).close()
    return home.path


@pytest.fixture
def state(massachusetts, real_records, untouched_home, tmp_path):
    home = Home(shutil.copytree(untouched_home, tmp_path / "home"))
    (tmp_path / "inbox").mkdir()
    ledger = open_ledger(home)
    yield Intake(Warehouse(home, massachusetts, ledger, tmp_path / "inbox"), real_records / "ma_dese_profiles")
    ledger.close()


def errors(file):
    """What refused the file, or rows of it: rule, scope, line, column."""
    found = [finding for finding in file.findings if finding.severity == "error"]
    return [(finding.rule_id, finding.scope, finding.line, finding.column) for finding in found]


def said(file):
    """Everything that the sender is told about errors: what is wrong and what to do."""
    found = [finding for finding in file.findings if finding.severity == "error"]
    assert all(finding.what_to_do for finding in found)
    return " | ".join(f"{finding.message}; {finding.what_to_do}" for finding in found)


def held(verdicts):
    """Held districts, with the rule that holds each."""
    return {verdict.district_id: verdict.rule_id for verdict in verdicts if not verdict.admitted}


def assert_refused(state, file, verdicts, rules):
    """The file is refused whole for these rules: nothing lands, nobody is judged, nothing serves of it."""
    assert file.outcome == "quarantined", file
    assert {rule for rule, *_ in errors(file)} == rules
    assert (file.rows_landed, verdicts) == (0, ())
    assert file.rows_rejected == file.rows_in
    assert file.delivery_id not in state.serving().values()


def money(text):
    return Decimal(text.strip().lstrip("$").replace(",", ""))


def print_money(amount):
    return f"${amount:,.2f}"


def with_cell(rows, line, column, text):
    rows[line - 1][column] = text
    return rows


def test_the_files_themselves_are_admitted_whole(state):
    state.put(PER_PUPIL)
    file, verdicts = state.take()
    assert (file.outcome, file.state, file.rows_in, file.rows_landed) == ("landed", "accepted", 402, 402)
    assert (len(verdicts), held(verdicts)) == (DISTRICTS + 1, {})


def test_a_renamed_heading_in_a_workbook(state):
    state.put_xml(PER_PUPIL, b"Total Expenditures per Pupil", b"Total Spending per Pupil")
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"D02"})
    assert "Total Expenditures per Pupil" in said(file)


def test_a_renamed_heading_in_a_text_file(state):
    state.put_text(POPULATIONS, lambda text: text.replace(b"High Needs #", b"High Need #", 1))
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"D02"})
    assert "High Needs #" in said(file)


def test_a_dropped_column(state):
    state.put_cells(PER_PUPIL, lambda rows: [row[:TOTAL] + row[TOTAL + 1 :] for row in rows])
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"D02"})
    assert "Total Expenditures" in said(file)


def test_swapped_columns_are_read_by_their_headings(state):
    state.put(PER_PUPIL)
    _, _ = state.take()
    before = state.serving()
    state.put_cells(PER_PUPIL, lambda rows: [row[:2] + row[5:8] + row[2:5] + row[8:] for row in rows])
    file, verdicts = state.take()
    assert (file.state, held(verdicts)) == ("accepted", {})
    assert state.serving().keys() == before.keys()


def thousands(rows):
    """Dollars divided by a thousand, with all their digits."""
    for row in rows[2:]:
        for column in DOLLARS:
            row[column] = f"${money(row[column]) / 1000:,}"
    return rows


def rounded(rows):
    """The same, rounded to two digits as an export would."""
    for row in thousands(rows)[2:]:
        for column in DOLLARS:
            row[column] = print_money(money(row[column]))
    return rows


def test_thousands_for_dollars_break_every_rows_own_identity(state):
    """The totals still agree with the rows; only each row's rate says that its dollars are not dollars.

    The row that is a declared exception is bounded: it is held like the others.
    """
    state.put_cells(PER_PUPIL, thousands)
    file, verdicts = state.take()
    assert file.outcome == "landed"
    assert len(verdicts) == DISTRICTS + 1
    judged = {verdict.district_id for verdict in verdicts}
    assert held(verdicts) == dict.fromkeys(judged, "I01")


def test_thousands_for_dollars_that_were_rounded_miss_the_totals_too(state):
    state.put_cells(PER_PUPIL, rounded)
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"CT1"})


def test_thousands_for_dollars_in_one_row_refuse_the_file_by_its_totals(state):
    state.put_cells(PER_PUPIL, lambda rows: [*rows[:9], *thousands([[], [], rows[9]])[2:], *rows[10:]])
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"CT1"})
    assert "In-District Expenditures" in said(file)


def test_swapped_years_in_name_and_title(state):
    state.put(PER_PUPIL, (state.originals / NEXT_YEAR).read_bytes())
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"Q01"})
    assert "the file's name says 2020" in said(file)
    assert "the title says 2021" in said(file)


def test_a_report_under_a_year_that_its_mapping_is_not_meant_for(state):
    state.put(BY_FUNCTION, under=BY_FUNCTION.replace("fy2017.csv", "fy2018.csv"))
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"Q01"})
    assert "2018" in said(file)


def test_the_second_half_is_lost(state):
    state.put_cells(PER_PUPIL, lambda rows: rows[: len(rows) // 2])
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"Q01", "CT1"})
    assert "200 rows where 320 to 500 are expected" in said(file)


def test_half_of_the_rows_are_lost_and_the_total_is_there(state):
    state.put_text(POPULATIONS, lambda text: b"\r".join([*(rows := text.split(b"\r"))[:200], rows[-1]]))
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"Q01", "CT1"})
    assert "200 rows where 380 to 450 are expected" in said(file)


def test_one_district_is_lost(state):
    state.put_cells(PER_PUPIL, lambda rows: rows[:9] + rows[10:])
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"CT1"})


def test_a_file_in_cp1252_is_refused_with_its_line(state):
    state.put_text(BY_FUNCTION, lambda text: text.replace(b"0005,Agawam", "0005,Agaw\u00e4m".encode("cp1252")))
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"D02"})
    assert "encoding" in said(file)
    assert errors(file)[0][2] == 6


def test_letters_in_money_refuse_the_row_and_nobody_else(state):
    state.put_cells(PER_PUPIL, lambda rows: with_cell(rows, 10, IN_DISTRICT, "$12,345,67O.00"))
    code = CalamineWorkbook.from_path(str(state.originals / PER_PUPIL)).get_sheet_by_index(0).to_python()[9][CODE]
    file, verdicts = state.take()
    assert (file.outcome, file.state, file.rows_landed, file.rows_rejected) == (
        "landed",
        "accepted_with_rejects",
        401,
        1,
    )
    (reject,) = state.warehouse.ledger.rejects(file.delivery_id)
    assert (reject["line"], reject["column_name"], reject["rule_id"]) == (10, "In-District Expenditures", "D03")
    assert "67O" not in reject["reason"]
    assert held(verdicts) == {}
    assert code not in {district_id for district_id, _, _ in state.serving()}
    assert len(state.serving()) == DISTRICTS


def test_three_bad_rows_hold_those_three_districts_and_nobody_else(state):
    bad = {}

    def break_rates(rows):
        for line in (10, 200, 390):
            bad[rows[line - 1][CODE]] = line
            rows[line - 1][RATE] = print_money(money(rows[line - 1][RATE]) + 100)
        return rows

    state.put_cells(PER_PUPIL, break_rates)
    file, verdicts = state.take()
    assert (file.outcome, file.rows_landed) == ("landed", 402)
    assert held(verdicts) == dict.fromkeys(bad, "I01")
    assert len(verdicts) - len(held(verdicts)) == DISTRICTS + 1 - 3
    (warning,) = [finding for finding in file.findings if finding.rule_id == "I01" and finding.n_failed]
    assert all(str(line) in warning.message for line in bad.values())
    assert not set(bad) & {district_id for district_id, _, _ in state.serving()}
    reasons = {verdict.reason for verdict in verdicts if not verdict.admitted}
    assert all("disagree" in reason for reason in reasons)


@pytest.mark.parametrize(("column", "heading"), [(2, "In-District Expenditures"), (5, "Total Expenditures")])
def test_a_control_total_that_fails_refuses_the_file(state, column, heading):
    def spoil(rows):
        rows[-1][column] = print_money(money(rows[-1][column]) + 1)
        return rows

    state.put_cells(PER_PUPIL, spoil)
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"CT1"})
    assert f"'{heading}'" in said(file)


def test_a_damaged_file_leaves_what_was_admitted_in_service(state):
    state.put(PER_PUPIL)
    state.take()
    before = state.serving()
    assert len(before) == DISTRICTS + 1
    state.put_xml(PER_PUPIL, b"Total Expenditures per Pupil", b"Total Spending per Pupil")
    file, verdicts = state.take()
    assert_refused(state, file, verdicts, {"D02"})
    assert state.serving() == before


def test_a_district_that_is_held_keeps_what_was_admitted_before(state):
    state.put(PER_PUPIL, under=PER_PUPIL.replace("2020.xlsx", "2020_vintage_A.xlsx"))
    state.take()
    before = state.serving()
    second = PER_PUPIL.replace("2020.xlsx", "2020_vintage_B.xlsx")
    state.put_cells(PER_PUPIL, lambda rows: with_cell(rows, 10, RATE, "$1.00"), under=second)
    _, verdicts = state.take()
    (district_id,) = held(verdicts)
    after = state.serving()
    assert after.keys() == before.keys()
    kept = {slot for slot in after if after[slot] == before[slot]}
    assert {slot[0] for slot in kept} == {district_id}
    assert ALL_DISTRICTS in {slot[0] for slot in after}
