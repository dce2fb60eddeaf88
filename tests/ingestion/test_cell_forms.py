"""What a mapping can say as data of cells: parts of them, merged ones, codes, numbers, dates."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion import cell_forms
from ingestion.mapping_parts import SourceColumn
from ingestion.sql_text import literal
from tests.ingestion.given_mapping import CODE, REST, VALUE, read_given, refuse_given, values_of, write_mapping

# --- cells: parts, merged ones, codes -----------------------------------------------------------------------------


def test_a_column_is_split_into_several_and_what_does_not_match_is_refused(tmp_path):
    columns = (
        "  code: {heading: Entity, type: code, extract: '([0-9]{4}) - .+'}\n"
        "  grade: {heading: Entity, type: code, extract: '[0-9]{4} - Grade (PK|[0-9]+)'}\n" + VALUE
    )
    rows = "rows: [{metric_id: M, subgroup: {column: grade}, value: {column: value}}]\n"
    lines = ["Entity,Value", "0001 - Grade 3,1", "0002 - Grade PK,2", "0003 - Third,3"]
    reading = read_given(tmp_path, write_mapping(columns, rows=rows, rest=REST.replace("subgroup: all, ", "")), lines)
    assert values_of(reading, "district_id", "subgroup") == [("00010000", "3"), ("00020000", "PK")]
    assert [(reject.line, reject.column, reject.rule_id) for reject in reading.rejects] == [(4, "Entity", "Q03")]


def test_columns_are_merged_into_one_before_it_is_padded(tmp_path):
    columns = (
        "  county: {heading: County, type: code}\n  number: {heading: Number, type: code}\n"
        "  code: {merge: '{county}{number}', type: code, pad: 4}\n" + VALUE
    )
    lines = ["County,Number,Value", "0,01,1", ",2,2", "000,3,3"]
    reading = read_given(tmp_path, write_mapping(columns), lines)
    assert values_of(reading, "district_id") == [("00010000",), ("00020000",), ("00030000",)]


def test_a_fault_of_merged_columns_names_them(tmp_path):
    columns = (
        "  county: {heading: County, type: code}\n  number: {heading: Number, type: code}\n"
        "  code: {merge: '{county}-{number}', type: code}\n" + VALUE
    )
    reading = read_given(tmp_path, write_mapping(columns), ["County,Number,Value", "00,01,1"])
    assert [reject.column for reject in reading.rejects] == ["County + Number"]


@pytest.mark.parametrize(("pad", "landed"), [("", ["00020000"]), (", pad: 4", ["00010000", "00020000"])])
def test_lost_zeros_come_back_only_where_it_is_declared(tmp_path, pad, landed):
    columns = f"  code: {{heading: Code, type: code{pad}}}\n" + VALUE
    reading = read_given(tmp_path, write_mapping(columns), ["Code,Value", "1,1", "0002,2", "00003,3", "1.0,4"])
    assert [row[0] for row in values_of(reading, "district_id")] == landed
    assert {reject.rule_id for reject in reading.rejects} == {"Q03"}


GROUP = "  group: {heading: Group, type: code, codes_from: {file: c.csv, text: theirs, code: ours}}\n"


def test_a_crosswalk_is_a_table_beside_the_mapping(tmp_path):
    columns = CODE + VALUE + GROUP
    rows = "rows: [{metric_id: M, subgroup: {column: group}, value: {column: value}}]\n"
    mapping = write_mapping(columns, rows=rows, rest=REST.replace("subgroup: all, ", ""))
    lines = ["Code,Group,Value", "0001,Hisp.,1", "0002,EL,2", "0003,Else,3"]
    crosswalk = {"mappings/c.csv": "theirs,ours,note\nHisp.,hispanic,x\nEL,english_learners,\n"}
    reading = read_given(tmp_path, mapping, lines, **crosswalk)
    assert values_of(reading, "subgroup") == [("hispanic",), ("english_learners",)]
    assert [(reject.column, reject.rule_id) for reject in reading.rejects] == [("Group", "Q04")]
    other = {"mappings/c.csv": "theirs,ours\nHisp.,latino\nEL,english_learners\n"}
    assert read_given(tmp_path, mapping, lines, **other).mapping.content_hash != reading.mapping.content_hash


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
    assert message in refuse_given(tmp_path, write_mapping(columns), **changed)


# --- numbers and dates ----------------------------------------------------------------------------------------------


def _landed_number(tmp_path, form, cell):
    columns = CODE + f"  value: {{heading: Value, type: number, {form}}}\n"
    reading = read_given(
        tmp_path,
        write_mapping(columns).replace("sender: state", "delimiter: ;\nsender: state"),
        ["Code;Value", f"0001;{cell}"],
    )
    return values_of(reading, "value", "value_status")[0] if reading.rows_landed else None


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
