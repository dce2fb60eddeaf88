import dataclasses
from datetime import date

import duckdb
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from ingestion.readers import read_sheet
from ingestion.sheet import ReadOptions, UnreadableFile
from ingestion.sql_text import exact_number, literal, number_pattern, trimmed
from tests.ingestion.old_workbooks import Day, Failed, write_old_workbook

OPTIONS = ReadOptions(headings=("code", "name", "amount"))
ROWS = [["code", "name", "amount"], ["0001", "Abel", "1.50"], ["0002", 'Baker, "B"', "2"]]


def _write(folder, content, name="file.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def _cells(sheet):
    return [[row[f"c{number}"] for number in range(len(sheet.headings))] for row in sheet.table.to_pylist()]


def _lines(sheet):
    return sheet.table.column("line").to_pylist()


def _workbook(folder, rows, name="file.xlsx", sheet="Sheet1"):
    workbook = xlsxwriter.Workbook(folder / name, {"default_date_format": "yyyy-mm-dd"})
    worksheet = workbook.add_worksheet(sheet)
    for number, row in enumerate(rows):
        worksheet.write_row(number, 0, row)
    workbook.close()
    return folder / name


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_kind_of_line_end_and_a_byte_order_mark_are_read(tmp_path, line_end, mark):
    text = line_end.join(["code,name,amount", "0001,Abel,1.50", '0002,"Baker, ""B""",2'])
    sheet = read_sheet(_write(tmp_path, mark + text.encode()), OPTIONS)
    assert sheet.headings == ("code", "name", "amount")
    assert _cells(sheet) == ROWS[1:]
    assert _lines(sheet) == [2, 3]


def test_a_heading_with_a_line_end_is_one_heading_and_lines_count_as_an_editor_counts(tmp_path):
    path = _write(tmp_path, 'code,"na\rme",amount\r0001,Abel,1\r\r0002,Baker,2')
    sheet = read_sheet(path, ReadOptions(headings=("code", "na me", "amount")))
    assert sheet.headings == ("code", "na me", "amount")
    assert _lines(sheet) == [3, 5]


def test_titles_above_and_blank_rows_below_are_not_data(tmp_path):
    text = "A title ,,\n,,\ncode,name,amount\n0001,Abel,1\n , \xa0,\n,,\n"
    sheet = read_sheet(_write(tmp_path, text), OPTIONS)
    assert sheet.title_lines == ("A title",)
    assert sheet.heading_line == 3
    assert _lines(sheet) == [4]


def test_the_row_of_headings_needs_half_of_them(tmp_path):
    assert read_sheet(_write(tmp_path, "code,name,money\n1,2,3\n"), OPTIONS).headings == ("code", "name", "money")
    with pytest.raises(
        UnreadableFile, match="none of the first 30 lines holds the headings code, name, amount"
    ) as caught:
        read_sheet(_write(tmp_path, "code,nom,montant\n1,2,3\n"), OPTIONS)
    assert caught.value.rule_id == "D02"


def test_rows_with_other_numbers_of_cells_are_marked_and_trailing_empty_cells_do_not_count(tmp_path):
    sheet = read_sheet(_write(tmp_path, "code,name,amount\n1,a\n2,b,3,4\n3,c,4,,\n4,d,5\n"), OPTIONS)
    assert sheet.table.column("cells").to_pylist() == [2, 4, 0, 0]


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"", None, "the file is empty"),
        (b"code,name,amount\n1,a\0b,2\n", 2, "NUL bytes"),
        (b"code,name,amount\n1,a,2\n3,caf\xe9,4\n", 3, "not in the encoding utf-8"),
        (b"code,name,amount\r1,a,2\r3,caf\xe9,4\r", 3, "not in the encoding utf-8"),
        ("code,name,amount\n".encode("utf-16"), 1, "utf-16 text, which is not in the encoding utf-8"),
        (b'code,name,amount\n1,a,2\n3,"b,4\n5,c,6\n', 3, "cannot be split into cells"),
        (b'code,name,amount\n1,"a"b,2\n', 2, "cannot be split into cells"),
        (b"code,name,amount\n1," + b"x" * 200_000 + b",2\n", 2, "cannot be split into cells"),
        (b"<!DOCTYPE html><html>", 1, "a web page"),
        (b"\n <html>", 1, "a web page"),
        (b"%PDF-1.7", 1, "a PDF document"),
        (b"\x1f\x8b\x08", 1, "a gzip archive"),
        (b"PAR1....", None, "the Parquet file is damaged"),
        (b"PK\x03\x04 not a workbook", None, "cannot be opened"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 nor this", None, "cannot be opened"),
        (b"code;name;amount\n1;2;3\n", 1, "separated by a semicolon"),
    ],
)
def test_what_is_no_table_is_refused_by_name(tmp_path, content, line, words):
    with pytest.raises(UnreadableFile, match=words) as caught:
        _ = read_sheet(_write(tmp_path, content), OPTIONS).table
    assert caught.value.line == line
    assert caught.value.what_to_do


def test_a_declared_encoding_and_separator_are_used(tmp_path):
    path = _write(tmp_path, "code;name;amount\n1;café;2\n".encode("cp1252"))
    sheet = read_sheet(path, ReadOptions(OPTIONS.headings, encoding="cp1252", delimiter=";"))
    assert _cells(sheet) == [["1", "café", "2"]]


def test_a_workbook_keeps_codes_money_dates_and_whole_numbers_as_exact_text(tmp_path):
    rows = [
        ["Title"],
        [],
        ["code", "name", "amount"],
        ["0049", "", 1911.1],
        [49, " $1,000.25 ", 3],
        [1234.0625, "", 1e-7],
    ]
    sheet = read_sheet(_workbook(tmp_path, rows), OPTIONS)
    assert sheet.title_lines == ("Title",)
    assert _cells(sheet) == [
        ["0049", "", "1911.1"],
        ["49", " $1,000.25 ", "3"],
        ["1234.0625", "", "0.0000001"],
    ]
    assert _lines(sheet) == [4, 5, 6]


def test_a_workbook_writes_dates_as_iso_and_truth_as_text(tmp_path):
    workbook = xlsxwriter.Workbook(tmp_path / "dates.xlsx")
    worksheet = workbook.add_worksheet()
    worksheet.write_row(0, 0, ["code", "name", "amount"])
    worksheet.write_datetime(1, 0, date(2020, 2, 29), workbook.add_format({"num_format": "yyyy-mm-dd"}))
    worksheet.write_boolean(1, 1, True)
    workbook.close()
    cells = _cells(read_sheet(tmp_path / "dates.xlsx", OPTIONS))[0]
    assert cells[0].startswith(date(2020, 2, 29).isoformat())
    assert cells[1:] == ["TRUE", ""]


def test_a_formula_that_failed_is_no_empty_cell(tmp_path):
    workbook = xlsxwriter.Workbook(tmp_path / "failed.xlsx")
    for name in ("first", "A & B"):
        worksheet = workbook.add_worksheet(name)
        worksheet.write_row(0, 0, ["code", "name", "amount"])
        worksheet.write_formula(1, 2, "=1/0", None, "#DIV/0!")
        worksheet.write_formula(2, 0, f'=IF("{"x" * 200}"="<",1,NA())', None, "#N/A")
        worksheet.write(2, 1, "e")
    workbook.get_worksheet_by_name("first").write(1, 2, 5)
    workbook.close()
    first = _cells(read_sheet(tmp_path / "failed.xlsx", OPTIONS))
    other = _cells(read_sheet(tmp_path / "failed.xlsx", dataclasses.replace(OPTIONS, sheets=("A & B",))))
    assert first == [["", "", "5"], ["#N/A", "e", ""]]
    assert other == [["", "", "#DIV/0!"], ["#N/A", "e", ""]]


@pytest.mark.parametrize("name", ["failed.xls", "failed.xlsx", "failed.csv"])
def test_a_formula_that_failed_in_an_old_workbook_is_no_empty_cell(tmp_path, name):
    rows = [["code", "name", "amount"], ["0049", Failed(42), Failed(7)], ["0050", "e", 1.5], ["0051", "", Failed(0)]]
    sheet = read_sheet(write_old_workbook(tmp_path / name, rows), OPTIONS)
    assert _cells(sheet) == [["0049", "#N/A", "#DIV/0!"], ["0050", "e", "1.5"], ["0051", "", "#NULL!"]]
    assert _lines(sheet) == [2, 3, 4]


def test_an_old_workbooks_days_times_and_truth_values_are_told_apart(tmp_path):
    rows = [
        ["code", "name", "amount"],
        [Day(43890), Day(43890.75), Day(0.5)],
        [Day(7305.5), Day(20260101), Day(-1)],
        [Day(7304), Day(7305), Day(7306)],
        [True, False, 43890],
        [12.5],
    ]
    assert _cells(read_sheet(write_old_workbook(tmp_path / "days.xls", rows), OPTIONS)) == [
        ["2020-02-29", "2020-02-29T18:00:00", "12:00:00"],
        ["7305 days, 12:00:00", "20260101", "-1"],
        ["7304 days, 0:00:00", "7305 days, 0:00:00", "1920-01-01"],
        ["TRUE", "FALSE", "43890"],
        ["12.5", "", ""],
    ]


def test_a_missing_sheet_of_an_old_workbook_is_named(tmp_path):
    path = write_old_workbook(tmp_path / "file.xls", [["code", "name", "amount"], ["1", "a", 2]])
    assert _cells(read_sheet(path, dataclasses.replace(OPTIONS, sheets=("Data",)))) == [["1", "a", "2"]]
    with pytest.raises(UnreadableFile, match="no sheet 'Other'"):
        read_sheet(path, dataclasses.replace(OPTIONS, sheets=("Other",)))


@given(place=st.integers(8, 3000), byte=st.integers(0, 255))
def test_a_damaged_old_workbook_is_read_or_refused_by_name(tmp_path_factory, place, byte):
    rows = [["code", "name", "amount"], ["0049", Failed(42), Failed(7)]]
    path = write_old_workbook(tmp_path_factory.mktemp("xls") / "damaged.xls", rows)
    data = bytearray(path.read_bytes())
    data[place] = byte
    path.write_bytes(data)
    try:
        list(read_sheet(path, OPTIONS).batches)
    except UnreadableFile as refusal:
        assert refusal.rule_id == "D02"


def test_a_whole_number_that_a_workbook_cannot_hold_is_no_number(tmp_path):
    rows = [["code", "name", "amount"], [12345678901234567890, 2**53 - 1, -(2**53)]]
    (cells,) = _cells(read_sheet(_workbook(tmp_path, rows), OPTIONS))
    assert cells == ["1.234567890123457E+19", "9007199254740991", "-9.0071992547409920E+15"]


def test_the_content_decides_not_the_ending(tmp_path):
    path = _workbook(tmp_path, ROWS, name="file.csv")
    assert _cells(read_sheet(path, OPTIONS)) == ROWS[1:]


def test_a_missing_sheet_is_named(tmp_path):
    path = _workbook(tmp_path, ROWS, sheet="Data")
    assert _cells(read_sheet(path, ReadOptions(OPTIONS.headings, sheets=("Data",)))) == ROWS[1:]
    with pytest.raises(UnreadableFile, match="no sheet 'Other'"):
        read_sheet(path, ReadOptions(OPTIONS.headings, sheets=("Other",)))


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8), min_size=2, max_size=4)
    )
)
def test_a_delimited_file_is_read_as_it_was_written(tmp_path_factory, rows):
    import csv
    import io

    text = io.StringIO(newline="")
    csv.writer(text).writerows([["code", "name"], *rows])
    path = _write(tmp_path_factory.mktemp("csv"), text.getvalue())
    sheet = read_sheet(path, ReadOptions(headings=("code", "name")))
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert _cells(sheet) == [row[:2] for row in kept]


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("12", True),
        ("-12.5", True),
        ("$1,234.56", True),
        ("-$1,234.56", True),
        (".5", True),
        ("12.", True),
        ("1.2500", True),
        ("1.255", False),
        ("1,23", False),
        ("12,345,6", False),
        ("(12)", False),
        ("1e3", False),
        ("1.2.3", False),
        ("", False),
        ("-", False),
        ("$", False),
        (".", False),
        ("١٢", False),
        ("nan", False),
        ("0x10", False),
    ],
)
def test_what_is_a_number(text, is_number):
    import re

    assert bool(re.fullmatch(number_pattern("$", ",", 2), text)) is is_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.25", "1.2500000000"),
        ("-0.0000000001", "-0.0000000001"),
        ("99999999.9999999999", "99999999.9999999999"),
        ("100000000", "100000000.0000000000"),
        ("-123456789012345678.0123456789", "-123456789012345678.0123456789"),
        ("9999999999999999999999999999.9999999999", "9999999999999999999999999999.9999999999"),
        ("10000000000000000000000000000", None),
        ("1.25000000000000000000000000000", "1.2500000000"),
        (".5", "0.5000000000"),
    ],
)
def test_a_number_is_read_exactly_however_wide_it_is(text, number):
    found = duckdb.sql(f"select cast({exact_number(literal(text), 28, 10)} as varchar)").fetchall()
    assert found == [(number,)]
    assert duckdb.sql(f"select typeof({exact_number(literal(text), 28, 10)})").fetchall() == [("DECIMAL(38,10)",)]


def test_blanks_around_a_cell_are_not_part_of_it():
    cell = literal(" \t\xa0\r\na\xa0b\t\xa0")
    assert duckdb.sql(f"select {trimmed(cell)}").fetchall() == [("a\xa0b",)]
