"""Damaged copies of pupils' records and ledgers: by bytes, by a spreadsheet program, and whole files of other vendors.

What they become is always said, nothing crashes, no row is lost from the count, and what was admitted still serves.
"""

import csv
import io
import random
import re
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from ingestion.configuration import load_collaborative
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.home import Home
from ingestion.inbox_pass import FileOutcome
from ingestion.ledger import open_ledger
from ingestion.selection import current_selection
from orchestration.intake import land_and_admit
from orchestration.warehouse import Warehouse
from synthetic.calendars import LAST_DAY_SENT
from synthetic.deliveries import Night, write_extract
from synthetic.extracts import attendance_table, calendar_table, enrollments_table, programs_table, students_table
from synthetic.generate import SEED
from synthetic.places import make_districts
from synthetic.planted import canaries
from synthetic.records import make_records
from tests.canaries import find_canaries

pytestmark = pytest.mark.xdist_group("damaged_records")

ALDER, YEAR = "90010000", "2026"
EXTRACTS = ("students", "calendar", "enrollments", "programs", "attendance")


@dataclass
class Intake:
    """A home of the demo in which one district's records were admitted, and its inbox."""

    warehouse: Warehouse

    @property
    def folder(self) -> Path:
        return self.warehouse.inbox / ALDER / YEAR

    def change(self, extract: str, content: bytes) -> Path:
        """Put other bytes in an extract's place, without a manifest."""
        path = self.folder / f"{extract}.csv"
        path.write_bytes(content)
        path.with_name(path.name + MANIFEST_SUFFIX).unlink(missing_ok=True)
        return path

    def take(self) -> tuple[dict[str, FileOutcome], dict[tuple[str, int], str]]:
        """Land and judge: the files by path that were not known, and the rules that hold a domain."""
        intake = land_and_admit(self.warehouse)
        files = {file.relative_path: file for file in intake.inbox.files if file.outcome != "unchanged"}
        for file in files.values():
            assert file.rows_in == file.rows_landed + file.rows_rejected + file.rows_duplicate
            assert file.outcome in ("landed", "quarantined", "duplicate", "no_mapping", "unreadable")
        held = {(v.domain, v.school_year): v.rule_id for v in intake.verdicts if not v.admitted}
        return files, held

    def rejects(self, file: FileOutcome) -> list[tuple[str, int]]:
        """Column and line of each cell that was refused."""
        with self.warehouse.ledger.engine.connect() as connection:
            sql = "select column_name, line from reject where delivery_id = ?"
            return [tuple(row) for row in connection.exec_driver_sql(sql, (file.delivery_id,))]

    def serving(self) -> dict[str, str]:
        """Which delivery serves each extract."""
        rows = current_selection(self.warehouse.ledger).to_pylist()
        return {row["extract"]: row["delivery_id"] for row in rows if row["is_current"]}


@pytest.fixture(scope="module")
def demo(repository):
    return load_collaborative(repository / "collaboratives" / "demo")


@pytest.fixture(scope="module")
def admitted(demo, tmp_path_factory):
    """A home and inbox after one good night, to copy."""
    root = tmp_path_factory.mktemp("records")
    districts = make_districts()
    alder = next(district for district in districts if district.district_id == ALDER)
    records = make_records(alder, int(YEAR), districts, SEED)
    tables = {
        "students": students_table(records),
        "calendar": calendar_table(records),
        "enrollments": enrollments_table(records),
        "programs": programs_table(records, SEED),
        "attendance": attendance_table(records, records.attendance()),
    }
    for extract, table in tables.items():
        write_extract(Night(root / "inbox", LAST_DAY_SENT), ALDER, int(YEAR), extract, table)
    home = Home(root / "home").ensure()
    ledger = open_ledger(home)
    intake = Intake(Warehouse(home, demo, ledger, root / "inbox"))
    files, held = intake.take()
    assert {file.state for file in files.values()} == {"accepted"}
    assert held == {}
    ledger.close()
    return root


@pytest.fixture
def intake(admitted, demo, tmp_path):
    shutil.copytree(admitted, tmp_path / "records", symlinks=True)
    home = Home(tmp_path / "records" / "home")
    ledger = open_ledger(home)
    yield Intake(Warehouse(home, demo, ledger, tmp_path / "records" / "inbox"))
    ledger.close()


def read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.reader(handle))


def print_rows(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def said(file: FileOutcome) -> str:
    return " | ".join(f"{finding.message}; {finding.what_to_do}" for finding in file.findings) + file.message


@pytest.mark.parametrize("extract", EXTRACTS)
def test_a_flipped_bit_is_noticed_by_the_manifest(intake, extract):
    before = intake.serving()
    path = intake.folder / f"{extract}.csv"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x01
    path.write_bytes(content)
    files, _ = intake.take()
    (file,) = files.values()
    assert file.outcome == "quarantined"
    assert "Q01" in {finding.rule_id for finding in file.findings if finding.severity == "error"}
    assert intake.serving() == before


@pytest.mark.parametrize("extract", ["students", "attendance"])
def test_bytes_flipped_anywhere_never_crash_and_names_are_never_quoted(intake, extract):
    path = intake.folder / f"{extract}.csv"
    whole, chance = path.read_bytes(), random.Random(4)  # noqa: S311 - faults, not secrets
    names = {canary.last_name for canary in canaries(make_districts())} | {"García", "Kowalski", "CANARYLOCAL"}
    for _ in range(12):
        content = bytearray(whole)
        for at in chance.sample(range(len(content)), 5):
            content[at] = chance.randrange(256)
        intake.change(extract, bytes(content))
        files, _ = intake.take()
        (file,) = files.values()
        assert file.outcome in ("landed", "quarantined")
        assert not [name for name in names if name in said(file)]


def test_a_file_cut_off_in_the_middle_is_refused(intake):
    before = intake.serving()
    path = intake.folder / "attendance.csv"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    files, _ = intake.take()
    (file,) = files.values()
    assert file.outcome == "quarantined"
    assert intake.serving() == before


@pytest.mark.parametrize("instead", [b",", b" "])
def test_a_first_pupil_who_stands_among_the_headings_is_quoted_nowhere(intake, instead):
    """The line break after the headings is lost: what follows them are cells of a pupil."""
    path = intake.folder / "students.csv"
    headings, first, *_ = read(path)
    cells = [cell for cell in first if len(cell) > 5 and cell != "English"]
    assert len(cells) >= 3
    content = re.sub(rb"first_lang\r?\n", b"first_lang" + instead, path.read_bytes(), count=1)
    intake.change("students", content)
    files, _ = intake.take()
    (file,) = files.values()
    told = f"{len(first)} not known, in place {len(headings) + (instead == b',')}, "
    assert f"({told}" in said(file) or f": {told}" in said(file)
    home = intake.warehouse.home
    assert (home.work / "night.json").exists()
    assert find_canaries(home.path, cells, besides=(home.archive, home.vault)) == []
    assert [cell for cell in cells if cell in said(file)] == []


def save_again(rows: list[list[str]], as_dates: set[str]) -> list[list[str]]:
    """What a spreadsheet program makes of rows: cells that look like numbers are numbers, dates are its own."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_numbers": True, "in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            for column, cell in enumerate(row):
                if line and rows[0][column] in as_dates and cell:
                    sheet.write_datetime(
                        line, column, date.fromisoformat(cell), book.add_format({"num_format": "m/d/yyyy"})
                    )
                else:
                    sheet.write(line, column, cell)
    target.seek(0)
    cells = CalamineWorkbook.from_filelike(target).get_sheet_by_index(0).to_python(skip_empty_area=False)
    return [[_print_cell(cell) for cell in row] for row in cells]


def _print_cell(cell: object) -> str:
    if isinstance(cell, float):
        return f"{cell:.0f}" if cell == int(cell) else str(cell)
    return f"{cell.month}/{cell.day}/{cell.year}" if isinstance(cell, date) else str(cell)


@pytest.mark.parametrize(("extract", "dates"), [("enrollments", {"entry_date", "exit_date"}), ("attendance", {"date"})])
def test_a_spreadsheet_program_that_rewrote_dates_is_told_by_column(intake, extract, dates):
    before = intake.serving()
    rows = read(intake.folder / f"{extract}.csv")[:400]
    intake.change(extract, print_rows(save_again(rows, dates)))
    files, _ = intake.take()
    (file,) = files.values()
    assert file.rows_in == 399
    assert file.rows_landed < file.rows_in
    assert dates & {column for column, _ in intake.rejects(file)}
    assert min(line for _, line in intake.rejects(file)) == 2
    assert not re.search(r"\d/\d+/20\d\d", said(file))
    assert intake.serving() == before


def test_a_spreadsheet_program_that_dropped_leading_zeros_does_not_make_other_pupils(intake):
    before = intake.serving()
    rows = read(intake.folder / "attendance.csv")
    assert rows[1][0].startswith("0")
    intake.change("attendance", print_rows(save_again(rows, set())))
    _, held = intake.take()
    assert held == {("student", int(YEAR)): "Q04"}
    assert intake.serving() == before


def test_a_workbook_under_a_text_s_name_is_read_as_what_it_is(intake):
    rows = read(intake.folder / "students.csv")
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    intake.change("students", target.getvalue())
    (intake.folder / "students.xlsx").write_bytes(target.getvalue())
    files, held = intake.take()
    file = files[f"{ALDER}/{YEAR}/students.csv"]
    assert (file.outcome, file.rows_landed, held) == ("landed", len(rows) - 1, {})
    again = files[f"{ALDER}/{YEAR}/students.xlsx"]
    assert again.outcome == "duplicate", "the same bytes under the name of a workbook, which is read, too"


@pytest.mark.real_records
@pytest.mark.parametrize("vendor", ["ea_vendor_samples", "edfi_grandbend_xml_v5.2", "calpads_sample"])
def test_files_of_other_vendors_are_named_and_nothing_crashes(intake, real_records, vendor):
    samples = sorted(path for path in (real_records / vendor).rglob("*") if path.is_file())
    assert samples
    before = intake.serving()
    for number, path in enumerate(samples):
        target = intake.warehouse.inbox / vendor / str(number) / path.name
        target.parent.mkdir(parents=True)
        shutil.copyfile(path, target)
    files, _ = intake.take()
    assert len(files) == len(samples)
    assert {file.outcome for file in files.values()} == {"no_mapping"}
    assert all(file.message for file in files.values())
    assert intake.serving() == before


@pytest.mark.real_records
@pytest.mark.parametrize("vendor", ["ea_vendor_samples", "edfi_grandbend_xml_v5.2", "calpads_sample"])
def test_files_of_other_vendors_under_our_names_are_refused(intake, real_records, vendor):
    before = intake.serving()
    samples = sorted(path for path in (real_records / vendor).rglob("*") if path.is_file())
    for path in samples[:40]:
        intake.change("attendance", path.read_bytes())
        files, held = intake.take()
        assert {file.outcome for file in files.values()} <= {"quarantined", "duplicate"}, path
        assert all(said(file) for file in files.values() if file.outcome == "quarantined")
        assert held == {}
    assert intake.serving() == before
