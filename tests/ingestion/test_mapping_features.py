"""What a mapping can say as data: parts of cells, merged cells, numbers, dates, chosen rows, years, wide reports."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import cell_forms
from ingestion.configuration import load_collaborative
from ingestion.mapping_parts import SourceColumn
from ingestion.sql_text import literal
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import CONFIGURATION, errors, load_little, read, write_configuration

PERIODS = "".join(f"year,{year},{year},{year - 1}-07-01,{year}-06-30\n" for year in (2019, 2020, 2021))
CALENDAR = {"periods.csv": f"period,school_year,fiscal_year,starts_on,ends_on\n{PERIODS}"}

HEAD = """\
mapping: given
title: A report
sender: state
file: 'given\\.csv'
contract: state_reported_measures
contract_version: 1
report: given
domain: finance
"""
REST = """\
districts: {column: code, width: 4, suffix: '0000', totals: []}
every: {variant: v, period: year, subgroup: all, breakdown: all}
"""


def _mapping(columns, more="", head=HEAD, rest=REST, rows="rows: [{metric_id: M, value: {column: value}}]\n"):
    return f"{head}school_year: 2020\ncolumns:\n{columns}{rest}{more}{rows}"


def _read(tmp_path, mapping, rows, **changed):
    found = load_little(tmp_path, **{"mappings/given.yaml": mapping, **CALENDAR, **changed})
    return read(found, tmp_path / "inbox", "given.csv", rows)


def _values(reading, *names):
    return [tuple(row[name] for name in names) for row in reading.table.to_pylist()]


def _refused(tmp_path, mapping, **changed):
    write_configuration(tmp_path, **{"mappings/given.yaml": mapping, **CALENDAR, **changed})
    with pytest.raises(ConfigurationError) as caught:
        load_collaborative(tmp_path)
    return "\n".join(caught.value.messages)


CODE = "  code: {heading: Code, type: code}\n"
VALUE = "  value: {heading: Value, type: number}\n"


# --- cells: parts, merged ones, codes -----------------------------------------------------------------------------


def test_a_column_is_split_into_several_and_what_does_not_match_is_refused(tmp_path):
    columns = (
        "  code: {heading: Entity, type: code, extract: '([0-9]{4}) - .+'}\n"
        "  grade: {heading: Entity, type: code, extract: '[0-9]{4} - Grade (PK|[0-9]+)'}\n" + VALUE
    )
    rows = "rows: [{metric_id: M, subgroup: {column: grade}, value: {column: value}}]\n"
    lines = ["Entity,Value", "0001 - Grade 3,1", "0002 - Grade PK,2", "0003 - Third,3"]
    reading = _read(tmp_path, _mapping(columns, rows=rows, rest=REST.replace("subgroup: all, ", "")), lines)
    assert _values(reading, "district_id", "subgroup") == [("00010000", "3"), ("00020000", "PK")]
    assert [(reject.line, reject.column, reject.rule_id) for reject in reading.rejects] == [(4, "Entity", "Q03")]


def test_columns_are_merged_into_one_before_it_is_padded(tmp_path):
    columns = (
        "  county: {heading: County, type: code}\n  number: {heading: Number, type: code}\n"
        "  code: {merge: '{county}{number}', type: code, pad: 4}\n" + VALUE
    )
    lines = ["County,Number,Value", "0,01,1", ",2,2", "000,3,3"]
    reading = _read(tmp_path, _mapping(columns), lines)
    assert _values(reading, "district_id") == [("00010000",), ("00020000",), ("00030000",)]


def test_a_fault_of_merged_columns_names_them(tmp_path):
    columns = (
        "  county: {heading: County, type: code}\n  number: {heading: Number, type: code}\n"
        "  code: {merge: '{county}-{number}', type: code}\n" + VALUE
    )
    reading = _read(tmp_path, _mapping(columns), ["County,Number,Value", "00,01,1"])
    assert [reject.column for reject in reading.rejects] == ["County + Number"]


@pytest.mark.parametrize(("pad", "landed"), [("", ["00020000"]), (", pad: 4", ["00010000", "00020000"])])
def test_lost_zeros_come_back_only_where_it_is_declared(tmp_path, pad, landed):
    columns = f"  code: {{heading: Code, type: code{pad}}}\n" + VALUE
    reading = _read(tmp_path, _mapping(columns), ["Code,Value", "1,1", "0002,2", "00003,3", "1.0,4"])
    assert [row[0] for row in _values(reading, "district_id")] == landed
    assert {reject.rule_id for reject in reading.rejects} == {"Q03"}


GROUP = "  group: {heading: Group, type: code, codes_from: {file: c.csv, text: theirs, code: ours}}\n"


def test_a_crosswalk_is_a_table_beside_the_mapping(tmp_path):
    columns = CODE + VALUE + GROUP
    rows = "rows: [{metric_id: M, subgroup: {column: group}, value: {column: value}}]\n"
    mapping = _mapping(columns, rows=rows, rest=REST.replace("subgroup: all, ", ""))
    lines = ["Code,Group,Value", "0001,Hisp.,1", "0002,EL,2", "0003,Else,3"]
    crosswalk = {"mappings/c.csv": "theirs,ours,note\nHisp.,hispanic,x\nEL,english_learners,\n"}
    reading = _read(tmp_path, mapping, lines, **crosswalk)
    assert _values(reading, "subgroup") == [("hispanic",), ("english_learners",)]
    assert [(reject.column, reject.rule_id) for reject in reading.rejects] == [("Group", "Q04")]
    other = {"mappings/c.csv": "theirs,ours\nHisp.,latino\nEL,english_learners\n"}
    assert _read(tmp_path, mapping, lines, **other).mapping.content_hash != reading.mapping.content_hash


@pytest.mark.parametrize(
    ("crosswalk", "message"),
    [
        ("theirs,ours\na,b\na,c\n", "c.csv:3:theirs: the text has another meaning on a line before"),
        ("theirs,ours\na,\n", "c.csv:2:1: needs a text"),
        ("theirs,mine\na,b\n", "c.csv:2:1: needs a text in 'theirs' and its meaning in 'ours'"),
        ("theirs,ours\n", "has no rows"),
        (None, "cannot be read"),
    ],
)
def test_a_faulty_crosswalk_is_named(tmp_path, crosswalk, message):
    columns = CODE + VALUE + GROUP
    changed = {"mappings/c.csv": crosswalk} if crosswalk else {}
    assert message in _refused(tmp_path, _mapping(columns), **changed)


# --- numbers and dates ----------------------------------------------------------------------------------------------


def _landed_number(tmp_path, form, cell):
    columns = CODE + f"  value: {{heading: Value, type: number, {form}}}\n"
    reading = _read(
        tmp_path,
        _mapping(columns).replace("sender: state", "delimiter: ;\nsender: state"),
        ["Code;Value", f"0001;{cell}"],
    )
    return _values(reading, "value", "value_status")[0] if reading.rows_landed else None


@pytest.mark.parametrize(
    ("form", "cell", "number"),
    [
        ("symbols: $, thousands: ',', negatives: [brackets]", "($1,234.50)", "-1234.5"),
        ("symbols: $, thousands: ',', negatives: [brackets]", "$(1,234)", "-1234"),
        ("symbols: $, thousands: ',', negatives: [brackets]", "-$1,234", "-1234"),
        ("symbols: $, thousands: ',', negatives: [brackets]", "$1,234-", None),
        ("negatives: [brackets]", "(12", None),
        ("negatives: [brackets]", "(-12)", None),
        ("negatives: [minus_behind]", "12-", "-12"),
        ("negatives: [minus_behind]", "-12-", None),
        ("negatives: [minus_behind]", "(12)", None),
        ("scale: 1", "(12)", None),
        ("scale: 1", "12-", None),
        ("symbols_after: '%', scale: 100", "17.44%", "0.1744"),
        ("symbols_after: '%', scale: 100", "17.44 %", "0.1744"),
        ("symbols_after: '%', scale: 100", "17.44", "0.1744"),
        ("scale: 100", "17.44%", None),
        ("decimal: ',', thousands: '.'", "1.234,5", "1234.5"),
        ("decimal: ',', thousands: '.'", "1.234", "1234"),
        ("decimal: ',', thousands: '.'", "1.23", None),
        ("decimal: ','", "1.5", None),
        ("decimal: ','", "1,5", "1.5"),
        ("thousands: ' '", "1 234", "1234"),
        ("thousands: ' '", "1\N{NARROW NO-BREAK SPACE}234", "1234"),
        ('thousands: "\'"', "1'234", "1234"),
        ("round_to: 2", "0.12500000000000001", "0.13"),
        ("round_to: 2", "-0.12499999999999999", "-0.12"),
        ("round_to: 8, scale: 100", "26.666666984558105", "0.2666666698"),
        ("round_to: 2", "1E-7", None),
        ("round_to: 10", "0.12500000000000001", "0.125"),
        ("scale: 1", "0.12500000000000001", None),
    ],
)
def test_a_number_is_read_as_the_source_declares_it_or_refused(tmp_path, form, cell, number):
    expected = (Decimal(number), "reported") if number is not None else None
    assert _landed_number(tmp_path, form, cell) == expected


def test_a_marker_stays_a_marker_in_every_form(tmp_path):
    form = "negatives: [brackets], symbols_after: '%', markers: {'(x)': suppressed, '-': not_reported}"
    assert _landed_number(tmp_path, form, "(x)") == (None, "suppressed")
    assert _landed_number(tmp_path, form, "-") == (None, "not_reported")


def _written(number, *, thousands, decimal, negative):
    digits = f"{abs(number):,.2f}".replace(",", "t").replace(".", decimal).replace("t", thousands)
    return (
        digits if number >= 0 else {"front": f"-{digits}", "brackets": f"({digits})", "behind": f"{digits}-"}[negative]
    )


@pytest.fixture(scope="module")
def connection():
    import duckdb

    with duckdb.connect() as opened:
        yield opened


@given(
    number=st.decimals(min_value=-(10**12), max_value=10**12, places=2),
    signs=st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("", ".")]),
    negative=st.sampled_from(["front", "brackets", "behind"]),
)
def test_every_number_that_can_be_written_is_read_as_it_was_meant(connection, number, signs, negative):
    thousands, decimal = signs
    column = SourceColumn(
        heading="x", type="number", thousands=thousands, decimal=decimal, negatives=("brackets", "minus_behind")
    )
    text = literal(_written(number, thousands=thousands, decimal=decimal, negative=negative))
    sql = cell_forms.number("cell", column, 28, 10)
    assert connection.sql(f"select {sql} from (select 0 as cells, {text} as cell)").fetchone() == (number,)


def test_a_narrow_number_with_a_decimal_comma_is_not_read_as_one_with_a_point(connection):
    column = SourceColumn(heading="x", type="number", thousands=".", decimal=",")
    sql = cell_forms.number("cell", column, 12, 3)
    assert connection.sql(f"select {sql} from (select 0 as cells, '1.234' as cell)").fetchone() == (1234,)


@given(text=st.text(alphabet="0123456789.,-()$% ", max_size=12))
def test_what_is_read_has_the_digits_that_are_written(connection, text):
    column = SourceColumn(
        heading="x",
        type="number",
        thousands=",",
        symbols="$",
        symbols_after="%",
        negatives=("brackets", "minus_behind"),
    )
    sql = cell_forms.number("cell", column, 28, 10)
    (found,) = connection.sql(f"select {sql} from (select 0 as cells, {literal(text)} as cell)").fetchone()
    if found is not None:
        digits = "".join(sign for sign in text if sign in "0123456789.")
        assert abs(found) == Decimal(digits)
        assert (found < 0) == (("-" in text or "(" in text) and found != 0)


@pytest.mark.parametrize(
    ("forms", "cell", "day"),
    [
        ("date_formats: ['%m/%d/%Y', '%Y-%m-%d']", "06/30/2019", date(2019, 6, 30)),
        ("date_formats: ['%m/%d/%Y', '%Y-%m-%d']", "2019-06-30", date(2019, 6, 30)),
        ("date_formats: ['%m/%d/%Y', '%Y-%m-%d']", "2019-06-30T00:00:00", date(2019, 6, 30)),
        ("date_formats: ['%m/%d/%Y', '%d/%m/%Y']", "06/30/2019", date(2019, 6, 30)),
        ("date_formats: ['%m/%d/%Y', '%d/%m/%Y']", "06/06/2019", date(2019, 6, 6)),
        ("date_formats: ['%m/%d/%Y', '%d/%m/%Y']", "06/07/2019", "another day in each"),
        ("date_formats: ['%m/%d/%Y', '%d/%m/%Y']", "30.06.2019", "not a date"),
        ("date_format: '%m/%d/%Y'", "06/30/19", "not a date"),
        ("date_formats: ['%m/%d/%Y', '%m/%d/%y']", "06/30/19", date(2019, 6, 30)),
        ("excel_serial: true", "43646", date(2019, 6, 30)),
        ("excel_serial: true", "61", date(1900, 3, 1)),
        ("excel_serial: true", "60", "not a date"),
        ("excel_serial: true", "43646.5", "not a date"),
        ("excel_serial: false", "43646", "not a date"),
        ("excel_serial: true", "2019-06-30", date(2019, 6, 30)),
    ],
)
def test_a_date_is_read_in_the_declared_ways_and_refused_where_two_of_them_disagree(connection, forms, cell, day):
    import yaml

    column = SourceColumn.model_validate({"heading": "x", "type": "date", **yaml.safe_load(f"{{{forms}}}")})
    sql = f"{cell_forms.date('cell', column)}, {cell_forms.is_ambiguous('cell', column)}"
    found, is_ambiguous = connection.sql(f"select {sql} from (select {literal(cell)} as cell)").fetchone()
    assert found == (day if isinstance(day, date) else None)
    assert is_ambiguous == (day == "another day in each")


def test_a_time_of_a_year_of_two_digits_is_not_read(connection):
    sql = cell_forms.timestamp("cell", "%m/%d/%Y %H:%M")
    cells = "(values ('06/30/2019 14:05'), ('06/30/19 14:05')) as t(cell)"
    assert connection.sql(f"select {sql} from {cells}").fetchall() == [(datetime(2019, 6, 30, 14, 5),), (None,)]  # noqa: DTZ001


def test_a_time_is_read_with_the_parts_of_a_second_that_extracts_write(connection):
    cells = "(values ('2019-06-30 14:05:06.000000'), ('2019-06-30 14:05:06.'), ('2019-06-30 14:05.5')) as t(cell)"
    found = connection.sql(f"select {cell_forms.timestamp('cell', '%Y-%m-%d')} from {cells}").fetchall()
    assert found == [(datetime(2019, 6, 30, 14, 5, 6),), (None,), (None,)]  # noqa: DTZ001


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
    reading = _read(tmp_path, _mapping(columns, more), [*lines, "0001,School"])
    assert (reading.rows_in, reading.rows_landed, reading.rows_rejected, reading.rows_ignored) == (3, 1, 2, 2)
    assert [(reject.line, reject.rule_id) for reject in reading.rejects] == [(5, "D03"), (6, "D02")]


def test_a_file_of_many_years_says_the_year_in_a_column(tmp_path):
    columns = CODE + VALUE + "  year: {heading: Year, type: code}\n"
    mapping = _mapping(columns).replace("school_year: 2020", "school_year: {column: year}")
    lines = [
        "Year,Code,Value",
        "2020,0001,1",
        "2020-21,0001,2",
        "2018-2019,0001,3",
        "2018,0001,4",
        "2015,0009,5",
        "2020,0009,6",
    ]
    reading = _read(tmp_path, mapping, lines)
    assert reading.school_year is None
    assert _values(reading, "school_year", "value") == [(2020, 1), (2021, 2), (2019, 3)]
    assert [(reject.line, reject.column, reject.rule_id) for reject in reading.rejects] == [
        (5, "Year", "Q04"),
        (6, "Year", "Q04"),
        (7, "Code", "Q04"),
    ]
    assert reading.data_through == date(2021, 6, 30)
    assert "in its school year" in reading.rejects[-1].reason


def test_the_same_key_in_two_years_is_no_repetition(tmp_path):
    columns = CODE + VALUE + "  year: {heading: Year, type: code}\n"
    mapping = _mapping(columns).replace("school_year: 2020", "school_year: {column: year}")
    reading = _read(tmp_path, mapping, ["Year,Code,Value", "2020,0001,1", "2021,0001,1", "2021,0001,1"])
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
    return _mapping(columns, WIDE, rest=REST.replace("subgroup: all, ", ""), rows="").replace("school_year: 2020\n", "")


def test_a_wide_report_is_written_out_from_the_parts_of_its_headings(tmp_path):
    reading = _read(tmp_path, _wide(), [WIDE_HEADINGS, "0001,1,10,2,20,3,30,,40"])
    assert _values(reading, "school_year", "subgroup", "value", "n", "value_status") == [
        (2020, "all", 1, 10, "reported"),
        (2020, "english_learners", 2, 20, "reported"),
        (2021, "all", 3, 30, "reported"),
        (2021, "english_learners", None, 40, "not_reported"),
    ]
    assert (reading.rows_in, reading.rows_landed) == (1, 1)


def test_years_side_by_side_need_a_member_of_each(tmp_path):
    districts = {"districts.csv": CONFIGURATION["districts.csv"] + "00080000,Left,town,,2020\n"}
    reading = _read(tmp_path, _wide(), [WIDE_HEADINGS, "0008,1,1,1,1,,,,"], **districts)
    assert reading.rejects[0].rule_id == "Q04"
    assert "each school year from 2020 on" in reading.rejects[0].reason


def test_a_figure_printed_in_two_parts_is_their_quotient(tmp_path):
    columns = CODE + "  dollars: {heading: D, type: number}\n  pupils: {heading: P, type: number}\n"
    rows = "rows: [{metric_id: M, value: {divide: dollars, by: pupils}, numerator: {column: dollars}}]\n"
    more = "markers: {'': not_reported, s: suppressed}\n"
    lines = ["Code,D,P", "0001,10,3", "0002,10,0", "0003,s,5"]
    reading = _read(tmp_path, _mapping(columns, more, rows=rows), lines)
    assert _values(reading, "value", "value_status", "numerator") == [
        (Decimal("3.3333333333"), "reported", 10),
        (None, "not_reported", 10),
        (None, "suppressed", None),
    ]


def test_a_manifest_promises_all_rows_of_the_file(tmp_path):
    columns = CODE + VALUE + "  kind: {heading: Kind, type: text}\n"
    mapping = _mapping(columns, "only_rows: {kind: [District]}\n")
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "given.csv.manifest.json").write_text('{"rows": 2}', encoding="utf-8")
    reading = _read(tmp_path, mapping, ["Code,Kind,Value", "0001,District,1", "0002,School,2"])
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
    mapping = _mapping(CODE + VALUE + parts, more).replace("school_year: 2020", "school_year: {column: year}")
    lines = ["Code,Year,Value,A,B", "0001,2020,3,1,2", "0002,2020,3,3,", "0003,2020,4,3,", "0001,2021,9,1,2"]
    reading = _read(tmp_path, mapping, [*lines, "0002,2021,9,s,2"])
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
    mapping = _mapping(CODE + VALUE)
    assert old in mapping
    assert message in _refused(tmp_path, mapping.replace(old, new, 1))


# --- files without headings, workbooks of several sheets -------------------------------------------------------------


def test_a_file_without_headings_gets_them_from_its_mapping(tmp_path):
    mapping = _mapping(CODE + VALUE, "notes: 'Not filed .*'\ngiven_headings: [Code, '', Value]\n")
    reading = _read(tmp_path, mapping, ["0001,Abel,1", "0002,Baker,2", "0003,Cole", "Not filed by Gone,,"])
    assert _values(reading, "district_id", "value", "source_line") == [("00010000", 1, 1), ("00020000", 2, 2)]
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
    mapping = _mapping(CODE + VALUE, "sheet: [All, EL]\n").replace("csv", "xlsx")
    found = load_little(tmp_path, **{"mappings/given.yaml": mapping, **CALENDAR})
    reading = read(found, tmp_path / "inbox", "given.xlsx", path.read_bytes())
    assert _values(reading, "district_id", "source_line") == [("00010000", 2), ("00020000", 3), ("00030000", 5)]
    assert [reject.line for reject in reading.rejects] == [6]
    assert [finding.severity for finding in reading.findings if "stand again" in finding.message] == ["passed"]


def test_a_sheet_that_is_not_there_is_named(tmp_path):
    import xlsxwriter

    path = tmp_path / "inbox" / "given.xlsx"
    path.parent.mkdir()
    with xlsxwriter.Workbook(path) as workbook:
        workbook.add_worksheet("All").write_row(0, 0, ["Code", "Value"])
    mapping = _mapping(CODE + VALUE, "sheet: [All, EL]\n").replace("csv", "xlsx")
    found = load_little(tmp_path, **{"mappings/given.yaml": mapping, **CALENDAR})
    reading = read(found, tmp_path / "inbox", "given.xlsx", path.read_bytes())
    assert any("no sheet 'EL'" in finding.message for finding in reading.problems)
