"""Forms of text, packed files, and how a mapping names a form: what is read, and what refuses the file."""

import zipfile

import pytest
import xlsxwriter

from ingestion.contract import load_contracts
from ingestion.mapping import Mapping
from ingestion.mapping_checks import check_mapping
from ingestion.mapping_parts import FixedWidth
from ingestion.readers import read_sheet
from ingestion.sheet import ReadOptions, UnreadableFile
from tests.ingestion.delivered_files import RATES, load_little, read
from tests.ingestion.read_forms import WANTED, read_text, refuse, rows

# Encodings and separators


@pytest.mark.parametrize(
    ("encoding", "severity"),
    [("utf-8", "passed"), ("utf-8-sig", "passed"), ("utf-16", "passed"), ("cp1252", "warning"), ("latin-1", "warning")],
)
def test_detect__finds_the_encoding_and_says_it(tmp_path, encoding, severity):
    name = "caf\u00e9 \u0081" if encoding == "latin-1" else "caf\u00e9 \u201cX\u201d"
    sheet = read_text(tmp_path, f"code,amount\n{name},1\n".encode(encoding), encoding="detect")
    assert rows(sheet) == [(2, 0, name, "1")]
    (remark,) = sheet.remarks
    assert remark.severity == severity
    assert encoding.removesuffix("-sig") in remark.message
    assert bool(remark.what_to_do) is (severity == "warning")


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff"])
def test_utf16_is_read_in_either_order_of_bytes(tmp_path, mark):
    encoding = "utf-16-le" if mark == b"\xff\xfe" else "utf-16-be"
    content = mark + "code,amount\r\n\u00e9,1\r\n".encode(encoding)
    assert rows(read_text(tmp_path, content, encoding="utf-16")) == [(2, 0, "\u00e9", "1")]
    assert refuse(tmp_path, content, encoding="cp1252")[1].startswith("the file is utf-16 text")


@pytest.mark.parametrize(
    ("delimiter", "word"), [(",", "comma"), ("\t", "tab"), (";", "semicolon"), ("|", "pipe"), ("^", "caret")]
)
def test_detect__finds_the_separator_by_the_headings(tmp_path, delimiter, word):
    text = f"A title; with | other, signs\ncode{delimiter}amount\n1{delimiter}2\n"
    sheet = read_text(tmp_path, text, delimiter="detect")
    assert (sheet.headings, rows(sheet)) == (WANTED, [(3, 0, "1", "2")])
    assert [remark.message for remark in sheet.remarks] == [f"the cells are separated by a {word}"]
    assert rows(read_text(tmp_path, text, delimiter=delimiter)) == [(3, 0, "1", "2")]


def test_detect__names_what_is_missing_when_no_separator_fits(tmp_path):
    assert "holds the headings code, amount" in refuse(tmp_path, "a:b\n1:2\n", delimiter="detect")[1]


def test_what_was_detected_is_a_finding_of_the_reading(tmp_path):
    little = load_little(tmp_path, **{"mappings/rates.yaml": RATES + "encoding: detect\ndelimiter: detect\n"})
    text = "Code;Name;Pupils;Dollars;Per Pupil\n0001;Ab\u00e9l;1;1;1\n0000;STATE;1;1;1\n"
    reading = read(little, tmp_path, "rates_2020.csv", text.encode("cp1252"))
    assert reading.state == "accepted", reading.problems
    told = [(finding.severity, finding.message) for finding in reading.findings if finding.rule_id == "D02"]
    assert ("warning", "the file is not utf-8; it was read as cp1252, which is a guess") in told
    assert ("passed", "the cells are separated by a semicolon") in told


# Heads


def test_headings_over_two_rows_are_joined(tmp_path):
    text = "Report\n,2024,2024\nDistrict Code,Pupils, Rate\n1,2,3\n"
    sheet = read_text(tmp_path, text, ("District Code", "2024 Pupils", "2024 Rate"), heading_rows=2)
    assert sheet.headings == ("District Code", "2024 Pupils", "2024 Rate")
    assert (sheet.title_lines, sheet.heading_line, rows(sheet)) == (("Report",), 3, [(4, 0, "1", "2", "3")])
    assert "over 2 rows" in refuse(tmp_path, "code,amount\n", heading_rows=2)[1]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_headings_that_stand_again_are_no_data_and_told(tmp_path, end):
    page = ["Title,", "code,amount"]
    lines = [*page, "1,2", "Page 1,", *page, "3,4", "Title,", "5,6", "code,amount", "Page 2,"]
    sheet = read_text(tmp_path, end.join(lines), notes="Page [0-9]+")
    assert rows(sheet) == [(3, 0, "1", "2"), (7, 0, "3", "4"), (8, 0, "Title", ""), (9, 0, "5", "6")]
    (remark,) = sheet.remarks
    assert (remark.severity, remark.line) == ("warning", 4)
    assert "4 rows are no data for that (lines 4, 5, 6, 10)" in remark.message


@pytest.mark.parametrize("text", ["CODE, Amount \n1,2\n", "amount,CODE\n2,1\n"])
def test_other_capitals_do_not_matter_where_it_is_plain_what_is_meant(tmp_path, text):
    sheet = read_text(tmp_path, text)
    assert sorted(sheet.headings) == ["amount", "code"]
    (remark,) = sheet.remarks
    assert (remark.severity, remark.line) == ("passed", 1)


def test_other_capitals_matter_where_two_columns_would_be_meant(tmp_path):
    assert read_text(tmp_path, "CODE,code,Code,amount\n1,2,3,4\n").headings == ("CODE", "code", "Code", "amount")
    assert read_text(tmp_path, "CODE,Code,amount\n1,2,3\n").headings == ("CODE", "Code", "amount")


def test_a_column_that_may_be_absent_is_empty_and_told(tmp_path):
    options = {"wanted": ("code", "amount", "note"), "optional": ("note", "code")}
    sheet = read_text(tmp_path, "code,amount,more\n1,2,3\n4,5\n", **options)
    assert sheet.headings == ("code", "amount", "more", "note")
    assert rows(sheet) == [(2, 0, "1", "2", "3", ""), (3, 2, "4", "5", "", "")]
    assert [(remark.severity, remark.message.split(" is")[0]) for remark in sheet.remarks] == [
        ("warning", "the column 'note'")
    ]
    assert read_text(tmp_path, "code,amount,note\n1,2,3\n", **options).remarks == []


def test_columns_that_may_be_absent_do_not_count_when_the_headings_are_looked_for(tmp_path):
    optional = ("a", "b", "c", "d", "e")
    sheet = read_text(tmp_path, "Report\ncode,amount\n1,2\n", wanted=("code", "amount", *optional), optional=optional)
    assert (sheet.heading_line, sheet.headings) == (2, ("code", "amount", *optional))


# Columns of fixed width

PLACES = FixedWidth.model_validate({"columns": {"code": {"start": 1, "width": 4}, "amount": {"start": 7, "width": 6}}})


def fixed(folder, text, **options):
    return read_text(folder, text, fixed_width=PLACES.model_copy(update=options))


def test_fixed_width__takes_cells_by_their_place(tmp_path):
    sheet = fixed(tmp_path, "code  amount\n\n0001xx  1.50\n 2   y12\r\n", skip=1)
    assert (sheet.headings, rows(sheet)) == (WANTED, [(3, 0, "0001", "1.50"), (4, 0, "2", "12")])


def test_fixed_width__a_line_that_was_cut_off_or_is_too_long_has_another_number_of_cells(tmp_path):
    text = "0001    1.50\n0002\n00\n0003    1.50 9\n0004  1\n0005    1.50   \n"
    good = [(4, 3, "0003", "1.50"), (5, 0, "0004", "1"), (6, 0, "0005", "1.50")]
    cut_off = [(1, 0, "0001", "1.50"), (2, 1, "0002", ""), (3, 1, "00", "")]
    assert rows(fixed(tmp_path, text)) == cut_off + good
    ended_early = [(1, 0, "0001", "1.50"), (2, 0, "0002", ""), (3, 0, "00", "")]
    assert rows(fixed(tmp_path, text, may_end_early=True)) == ended_early + good


# Workbooks


def test_a_workbook_whose_cells_reach_far_is_refused_before_it_fills_the_memory(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "far.xlsx") as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, ["code", "amount"])
        sheet.write(1_048_575, 16_383, "x")
    with pytest.raises(UnreadableFile, match="reaches to row 1048576 and column 16384"):
        read_sheet(tmp_path / "far.xlsx", ReadOptions(WANTED))


@pytest.mark.parametrize(("part", "words"), [("a.csv", "is a zip archive"), ("content.xml", "form that is not read")])
def test_a_packed_file_that_is_no_workbook_is_named(tmp_path, part, words):
    with zipfile.ZipFile(tmp_path / "file.txt", "w") as archive:
        archive.writestr(part, "x")
    assert words in refuse(tmp_path, (tmp_path / "file.txt").read_bytes())[1]


# What a mapping may say


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"delimiter": "a"}, None),
        ({"delimiter": '"'}, None),
        ({"delimiter": "::"}, None),
        ({"heading_rows": 4}, None),
        ({"encoding": "utf-9"}, "encoding"),
        ({"encoding": "hex"}, "encoding"),
        ({"json": {}, "heading_rows": 2}, "json"),
        ({"json": {}, "fixed_width": {"columns": {"Amount": {"start": 1, "width": 3}}}}, "json"),
        ({"columns": {"amount": {"heading": "Amount", "type": "number", "optional": True}}}, "columns"),
        ({"fixed_width": {"columns": {"Other": {"start": 1, "width": 3}}}}, "columns"),
    ],
)
def test_a_mapping_says_one_form(said, place):
    mapping = {
        "mapping": "m",
        "title": "M",
        "sender": "state",
        "file": "m",
        "contract": "eoyr_report",
        "contract_version": 1,
        "columns": {"amount": {"heading": "Amount", "type": "number"}},
        "rows": [{"amount_usd": {"column": "amount"}}],
    }
    if place is None:
        with pytest.raises(ValueError, match=next(iter(said))):
            Mapping.model_validate(mapping | said)
    else:
        faults = [where[0] for where, _ in check_mapping(Mapping.model_validate(mapping | said), load_contracts())]
        assert place in faults
        assert place not in [where[0] for where, _ in check_mapping(Mapping.model_validate(mapping), load_contracts())]
