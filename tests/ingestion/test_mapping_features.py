"""What a mapping can say as data of rows and files: chosen rows, years, wide reports, sums, heads."""

from datetime import date
from decimal import Decimal

import pytest

from tests.ingestion.delivered_files import CONFIGURATION, errors, load_little, read
from tests.ingestion.given_mapping import (
    CALENDAR,
    CODE,
    REST,
    VALUE,
    read_given,
    refuse_given,
    values_of,
    write_mapping,
)

# --- rows that are chosen, years, wide reports ------------------------------------------------------------------------


def test_rows_about_something_else_are_counted_and_are_no_part_of_what_comes_in(tmp_path):
    columns = CODE + VALUE + "  kind: {heading: Kind, type: text}\n  name: {heading: Name, type: text}\n"
    more = "only_rows: {kind: [District, Town]}\nskip_rows: {name: {matching: 'Charter .*'}}\n"
    lines = [
        "Code,Kind,Name,Value",
        "0001,District,A,1",
        "0002,Town,Charter B,2",
        "0003,School,C,no",
        "0003, Town ,C,x",
    ]
    reading = read_given(tmp_path, write_mapping(columns, more), [*lines, "0001,School"])
    assert (reading.rows_in, reading.rows_landed, reading.rows_rejected, reading.rows_ignored) == (3, 1, 2, 2)
    assert [(reject.line, reject.rule_id) for reject in reading.rejects] == [(5, "D03"), (6, "D02")]


def test_a_file_of_many_years_says_the_year_in_a_column(tmp_path):
    columns = CODE + VALUE + "  year: {heading: Year, type: code}\n"
    mapping = write_mapping(columns).replace("school_year: 2020", "school_year: {column: year}")
    lines = [
        "Year,Code,Value",
        "2020,0001,1",
        "2020-21,0001,2",
        "2018-2019,0001,3",
        "2018,0001,4",
        "2015,0009,5",
        "2020,0009,6",
    ]
    reading = read_given(tmp_path, mapping, lines)
    assert reading.school_year is None
    assert values_of(reading, "school_year", "value") == [(2020, 1), (2021, 2), (2019, 3)]
    assert [(reject.line, reject.column, reject.rule_id) for reject in reading.rejects] == [
        (5, "Year", "Q04"),
        (6, "Year", "Q04"),
        (7, "Code", "Q04"),
    ]
    assert reading.data_through == date(2021, 6, 30)
    assert "in its school year" in reading.rejects[-1].reason


def test_the_same_key_in_two_years_is_no_repetition(tmp_path):
    columns = CODE + VALUE + "  year: {heading: Year, type: code}\n"
    mapping = write_mapping(columns).replace("school_year: 2020", "school_year: {column: year}")
    reading = read_given(tmp_path, mapping, ["Year,Code,Value", "2020,0001,1", "2021,0001,1", "2021,0001,1"])
    assert (reading.rows_landed, reading.rows_duplicate) == (2, 1)


WIDE = """\
unpivot:
  - each:
      year: {'2019-2020': '2020', '2020-2021': '2021'}
      group: {All: all, EL: english_learners}
    columns:
      rate: {heading: '{year} {group} rate', type: number}
      pupils: {heading: '{year} {group} count', type: number}
    rows:
      - {school_year: '{year}', metric_id: M, subgroup: '{group}', value: {column: rate}, n: {column: pupils}}
markers: {'': not_reported}
"""


WIDE_HEADINGS = "Code," + ",".join(
    f"{year} {group} {what}"
    for year in ("2019-2020", "2020-2021")
    for group in ("All", "EL")
    for what in ("rate", "count")
)


def _wide(columns=CODE):
    return write_mapping(columns, WIDE, rest=REST.replace("subgroup: all, ", ""), rows="").replace(
        "school_year: 2020\n", ""
    )


def test_a_wide_report_is_written_out_from_the_parts_of_its_headings(tmp_path):
    reading = read_given(tmp_path, _wide(), [WIDE_HEADINGS, "0001,1,10,2,20,3,30,,40"])
    assert values_of(reading, "school_year", "subgroup", "value", "n", "value_status") == [
        (2020, "all", 1, 10, "reported"),
        (2020, "english_learners", 2, 20, "reported"),
        (2021, "all", 3, 30, "reported"),
        (2021, "english_learners", None, 40, "not_reported"),
    ]
    assert (reading.rows_in, reading.rows_landed) == (1, 1)


def test_years_side_by_side_need_a_member_of_each(tmp_path):
    districts = {"districts.csv": CONFIGURATION["districts.csv"] + "00080000,Left,town,,2020\n"}
    reading = read_given(tmp_path, _wide(), [WIDE_HEADINGS, "0008,1,1,1,1,,,,"], **districts)
    assert reading.rejects[0].rule_id == "Q04"
    assert "each school year from 2020 on" in reading.rejects[0].reason


def test_a_figure_printed_in_two_parts_is_their_quotient(tmp_path):
    columns = CODE + "  dollars: {heading: D, type: number}\n  pupils: {heading: P, type: number}\n"
    rows = "rows: [{metric_id: M, value: {divide: dollars, by: pupils}, numerator: {column: dollars}}]\n"
    more = "markers: {'': not_reported, s: suppressed}\n"
    lines = ["Code,D,P", "0001,10,3", "0002,10,0", "0003,s,5"]
    reading = read_given(tmp_path, write_mapping(columns, more, rows=rows), lines)
    assert values_of(reading, "value", "value_status", "numerator") == [
        (Decimal("3.3333333333"), "reported", 10),
        (None, "not_reported", 10),
        (None, "suppressed", None),
    ]


def test_a_manifest_promises_all_rows_of_the_file(tmp_path):
    columns = CODE + VALUE + "  kind: {heading: Kind, type: text}\n"
    mapping = write_mapping(columns, "only_rows: {kind: [District]}\n")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "given.csv.manifest.json").write_text('{"rows": 2}', encoding="utf-8")
    reading = read_given(tmp_path, mapping, ["Code,Kind,Value", "0001,District,1", "0002,School,2"])
    assert (reading.rows_in, reading.rows_ignored, errors(reading)) == (1, 1, [])


SUM = """\
identities:
  total:
    value: value
    parts: [a, b]
    tolerance: 0
    empty_parts: EMPTY
    school_years: [2020]
"""


@pytest.mark.parametrize(("empty", "compared"), [("add_nothing", 3), ("leave_the_row_out", 1)])
def test_an_empty_part_of_a_sum_adds_nothing_only_where_it_is_declared(tmp_path, empty, compared):
    parts = "  a: {heading: A, type: number}\n  b: {heading: B, type: number}\n  year: {heading: Year, type: code}\n"
    more = SUM.replace("EMPTY", empty) + "markers: {'': not_reported, s: suppressed}\n"
    mapping = write_mapping(CODE + VALUE + parts, more).replace("school_year: 2020", "school_year: {column: year}")
    lines = ["Code,Year,Value,A,B", "0001,2020,3,1,2", "0002,2020,3,3,", "0003,2020,4,3,", "0001,2021,9,1,2"]
    reading = read_given(tmp_path, mapping, [*lines, "0002,2021,9,s,2"])
    (finding,) = [finding for finding in reading.findings if finding.rule_id == "I01"]
    assert finding.n_checked == compared
    assert [failure.line for failure in reading.identity_failures] == ([4] if empty == "add_nothing" else [])


# --- what cannot be meant -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("type: number}", "type: number, decimal: ',', thousands: ','}", "could be read in two ways"),
        ("type: number}", "type: number, symbols_after: '('}", "must not hold digits"),
        ("type: code}", "type: code, negatives: [brackets]}", "are for a column of type number"),
        ("type: code}", "type: code, extract: '[0-9]+'}", "exactly one group"),
        ("type: code}", "type: code, extract: '('}", "not a regular expression"),
        ("type: code}", "type: code, extract: '(?=a)(b)'}", "must not look ahead"),
        ("type: code}", "type: text, pad: 4}", "pad: is for a column of type code"),
        ("type: code}", "type: code, excel_serial: true}", "for a column of type date"),
        ("heading: Code, ", "", "needs a heading, or merge"),
        ("heading: Code, ", "merge: '{value}-{other}', ", "'other' must be a column"),
        ("heading: Code, ", "merge: x, ", "names no column"),
        ("school_year: 2020", "school_year: {column: years}", "'years' must be one of the columns"),
        ("metric_id: M", "metric_id: M, school_year: {column: code}", "must be a year of four digits"),
        ("metric_id: M", "metric_id: M, school_year: '2020'", "is said by the rows"),
        ("every:", "only_rows: {kind: [a]}\nevery:", "only_rows.kind: is not one of the columns"),
        ("every:", "only_rows: {code: []}\nevery:", "needs a list of texts, or matching"),
        ("every:", "unpivot: [{each: {}, columns: {}}]\nevery:", "must say each, columns and rows"),
        ("every:", "unpivot: [{each: {a: [x]}, columns: {}, rows: [{metric_id: '{b}'}]}]\nevery:", "b is not one"),
        ("value: {column: value}", "value: {divide: value, by: code}", "'code' must be a column of type number"),
        ("value: {column: value}", "value: {column: value}, n: {divide: value, by: value}", "only a value is divided"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(tmp_path, old, new, message):
    mapping = write_mapping(CODE + VALUE)
    assert old in mapping
    assert message in refuse_given(tmp_path, mapping.replace(old, new, 1))


# --- files without headings, workbooks of several sheets -------------------------------------------------------------


def test_a_file_without_headings_gets_them_from_its_mapping(tmp_path):
    mapping = write_mapping(CODE + VALUE, "notes: 'Not filed .*'\ngiven_headings: [Code, '', Value]\n")
    reading = read_given(tmp_path, mapping, ["0001,Abel,1", "0002,Baker,2", "0003,Cole", "Not filed by Gone,,"])
    assert values_of(reading, "district_id", "value", "source_line") == [("00010000", 1, 1), ("00020000", 2, 2)]
    assert [(reject.line, reject.rule_id) for reject in reading.rejects] == [(3, "D02")]
    assert reading.rows_in == 3


def test_sheets_with_the_same_headings_are_read_one_below_the_other(tmp_path):
    import xlsxwriter

    path = tmp_path / "inbox" / "given.xlsx"
    path.parent.mkdir()
    with xlsxwriter.Workbook(path) as workbook:
        for name, rows in {"Notes": ["x"], "All": ["0001", "0002"], "EL": ["0003", "4"]}.items():
            sheet = workbook.add_worksheet(name)
            sheet.write_row(0, 0, ["Code", "Value"])
            for number, code in enumerate(rows, start=1):
                sheet.write_row(number, 0, [code, number])
    mapping = write_mapping(CODE + VALUE, "sheet: [All, EL]\n").replace("csv", "xlsx")
    found = load_little(tmp_path, **{"mappings/given.yaml": mapping, **CALENDAR})
    reading = read(found, tmp_path / "inbox", "given.xlsx", path.read_bytes())
    assert values_of(reading, "district_id", "source_line") == [("00010000", 2), ("00020000", 3), ("00030000", 5)]
    assert [reject.line for reject in reading.rejects] == [6]
    assert [finding.severity for finding in reading.findings if "stand again" in finding.message] == ["passed"]


def test_a_sheet_that_is_not_there_is_named(tmp_path):
    import xlsxwriter

    path = tmp_path / "inbox" / "given.xlsx"
    path.parent.mkdir()
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet("All").write_row(0, 0, ["Code", "Value"])
    mapping = write_mapping(CODE + VALUE, "sheet: [All, EL]\n").replace("csv", "xlsx")
    found = load_little(tmp_path, **{"mappings/given.yaml": mapping, **CALENDAR})
    reading = read(found, tmp_path / "inbox", "given.xlsx", path.read_bytes())
    assert any("no sheet 'EL'" in finding.message for finding in reading.problems)
