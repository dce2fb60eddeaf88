"""A file is read: headings, what a row becomes, the file as a whole, and what always holds."""

import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingestion.delivered_files import (
    LINES_ROWS,
    RATES,
    RATES_ROWS,
    changed,
    errors,
    faults,
    file_errors,
    load_little,
    messages,
    read,
    row_of,
)


def test_a_statewide_file_lands_its_districts_and_its_total_apart(deliver):
    reading = deliver(RATES_ROWS)
    assert (reading.state, reading.rows_in, reading.rows_landed) == ("accepted", 4, 4)
    assert reading.extract == "state_reported_measures.rates"
    assert (reading.domain, reading.school_year, reading.sender) == ("finance", 2020, "state")
    assert reading.table.schema == reading.contract.arrow_schema()
    abel = row_of(reading, "00010000", "RATE")
    assert (abel["district_id"], abel["entity_type"], abel["value"]) == ("00010000", "district", Decimal(10))
    assert (abel["numerator"], abel["denominator"], abel["n"]) == (Decimal(1000), Decimal(100), Decimal(100))
    state = row_of(reading, "MA", "N")
    assert (state["district_id"], state["entity_type"], state["value"]) == ("_all", "state", Decimal(1100))


def test_markers_become_a_status_and_never_a_number(deliver):
    reading = deliver(RATES_ROWS)
    hidden, empty = row_of(reading, "00030000", "N"), row_of(reading, "00030000", "RATE")
    assert (hidden["value"], hidden["value_status"]) == (None, "suppressed")
    assert (empty["value"], empty["value_status"]) == (None, "not_reported")
    assert (empty["numerator"], empty["denominator"], empty["n"]) == (None, None, None)


def test_text_that_is_no_marker_refuses_the_row(deliver):
    reading = deliver(changed(RATES_ROWS, "less than 6", "less than 7"))
    assert (reading.state, reading.rows_rejected) == ("accepted_with_rejects", 1)
    assert faults(reading) == [(4, "Pupils", "D03")]


def test_a_districts_own_file_lands_under_its_sender(deliver_lines):
    reading = deliver_lines(LINES_ROWS)
    assert (reading.state, reading.sender, reading.extract) == ("accepted", "00010000", "eoyr_report")
    assert reading.table.drop_columns(["district_id", "school_year", "fiscal_year"]).to_pylist() == [
        {"state_function": f, "line_item": i, "fund_group": "all_funds", "amount_usd": Decimal(a), "source_line": n}
        for f, i, a, n in [
            ("teachers", "Classroom", "100.10", 2),
            ("teachers", "Specialists", "0", 3),
            ("out_of_district", "Charter", "-5.5", 4),
        ]
    ]
    assert set(reading.table.column("district_id").to_pylist()) == {"00010000"}
    assert set(reading.table.column("fiscal_year").to_pylist()) == {2020}


def test_vintage_and_date_default_to_the_bytes_and_the_years_end(deliver):
    reading = deliver(RATES_ROWS)
    assert reading.vintage == reading.file_sha256[:12]
    assert reading.data_through == date(2020, 6, 30)


# --- headings: D02 refuses the file -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Dollars", "Dollar Amount", "the column 'Dollars' is missing; the file has new headings ('Dollar Amount')"),
        ("Dollars", "dollar s", "the column 'Dollars' is missing"),
        ("Name", "Pupils", "the heading 'Pupils' stands 2 times, not 1"),
    ],
)
def test_a_changed_heading_refuses_the_file(deliver, old, new, words):
    reading = deliver([RATES_ROWS[0].replace(old, new), *RATES_ROWS[1:]])
    assert (reading.state, file_errors(reading)) == ("quarantined", {"D02"})
    assert words in messages(reading)
    assert (reading.rows_in, reading.rows_landed, reading.rows_rejected, reading.table.num_rows) == (4, 0, 4, 0)


def test_a_dropped_column_refuses_the_file(deliver):
    reading = deliver(["Code,Name,Pupils,Per Pupil", "0001,Abel,1,2", "0000,STATE,1,2"])
    assert (reading.state, file_errors(reading)) == ("quarantined", {"D02"})


def test_columns_in_another_order_land_by_name_and_a_new_one_is_told(deliver):
    rows = ["New,Per Pupil,Dollars,Pupils,Name,Code", "x,10,$10,1,Abel,0001", ",10,$10,1,STATE,0000"]
    reading = deliver(rows)
    assert (reading.state, reading.rows_landed) == ("accepted", 2)
    assert row_of(reading, "00010000", "RATE")["value"] == 10
    assert [(f.rule_id, f.severity) for f in reading.problems] == [("D02", "warning")]
    assert "'New'" in messages(reading)


def test_blanks_in_a_heading_do_not_matter(deliver):
    reading = deliver([RATES_ROWS[0].replace("Per Pupil", '" Per\r Pupil\xa0"') + ",,", *RATES_ROWS[1:]])
    assert reading.rows_landed == 4


# --- the file as a whole: Q01, Q04, CT1 ---------------------------------------------------------------------------


def _manifest(tmp_path, name="rates_2020.csv", **keys):
    path = tmp_path / "inbox" / f"{name}.manifest.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(keys))


def test_a_manifest_that_holds_gives_vintage_and_date(deliver, tmp_path):
    sha256 = deliver(RATES_ROWS).file_sha256
    _manifest(
        tmp_path, rows=4, sha256=sha256, as_of="2020-03-31", vintage="B", file="rates_2020.csv", contract_version=1
    )
    reading = deliver(RATES_ROWS)
    assert (reading.rows_landed, reading.vintage, reading.data_through) == (4, "B", date(2020, 3, 31))


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"rows": 5}, "the manifest promises 5 rows, the file has 4"),
        ({"sha256": "0" * 64}, "sha256 is not the manifest's"),
        ({"file": "other.csv"}, "a file of another name"),
        ({"contract_version": 9}, "names version 9"),
        ({"school_year": 2019}, "the school year is not clear: the manifest says 2019, the file's name says 2020"),
        ({"row": 4}, "row is not a known key"),
        ({"rows": "four"}, "cannot be understood"),
    ],
)
def test_a_promise_that_is_not_kept_refuses_the_file(deliver, tmp_path, keys, words):
    _manifest(tmp_path, **keys)
    reading = deliver(RATES_ROWS)
    assert (reading.state, file_errors(reading), reading.rows_rejected) == ("quarantined", {"Q01"}, 4)
    assert words in messages(reading)


def test_a_manifest_that_is_not_json_refuses_the_file(deliver, tmp_path):
    _manifest(tmp_path)
    (tmp_path / "inbox" / "rates_2020.csv.manifest.json").write_text("{rows: 4}")
    assert file_errors(deliver(RATES_ROWS)) == {"Q01"}


def test_the_mapping_says_how_many_rows_a_whole_file_has(tmp_path):
    for limits, state in (
        ("{min: 5}", "quarantined"),
        ("{min: 4, max: 4}", "accepted"),
        ("{min: 1, max: 3}", "quarantined"),
    ):
        mapping = f"{RATES}row_count: {limits}\n".replace("pupils: {tolerance: 0}", "pupils: {tolerance: 6}")
        little = load_little(tmp_path / limits, **{"mappings/rates.yaml": mapping})
        reading = read(little, tmp_path / "inbox", "rates_2020.csv", RATES_ROWS)
        assert (reading.state, "Q01" in file_errors(reading)) == (state, state == "quarantined"), limits


def test_a_file_with_headings_alone_is_refused(deliver):
    reading = deliver(RATES_ROWS[:1])
    assert (reading.state, reading.rows_in) == ("quarantined", 0)
    assert "Q01" in file_errors(reading)


@pytest.mark.parametrize(
    ("name", "words"),
    [("rates_2021.csv", "the calendar has no school year 2021"), ("rates_20-20.csv", "says the school year")],
)
def test_a_year_that_nobody_knows_refuses_the_file(deliver, name, words):
    reading = deliver(RATES_ROWS, name)
    assert (reading.state, file_errors(reading)) == ("quarantined", {"Q01"})
    assert words in messages(reading)


def test_a_year_may_be_written_as_two(deliver):
    assert deliver(RATES_ROWS, "rates_2019-20.csv").school_year == 2020


@pytest.mark.parametrize(
    ("title", "state", "words"),
    [
        ("Report of 2020", "accepted", ""),
        ("Report of 2019", "quarantined", "the title says 2019"),
        ("Another report", "quarantined", "no line above the headings is the report's title"),
    ],
)
def test_title_and_file_name_must_agree(tmp_path, title, state, words):
    mapping = RATES + "title_row: 'Report of (?P<school_year>[0-9]{4})'\n"
    little = load_little(tmp_path / "c", **{"mappings/rates.yaml": mapping})
    reading = read(little, tmp_path / "inbox", "rates_2020.csv", [f" {title} ,,", *RATES_ROWS])
    assert reading.state == state
    assert words in messages(reading)


def test_a_year_that_the_mapping_is_not_meant_for_refuses_the_file(tmp_path):
    little = load_little(tmp_path / "c", **{"mappings/rates.yaml": RATES + "first_school_year: 2021\n"})
    reading = read(little, tmp_path / "inbox", "rates_2020.csv", RATES_ROWS)
    assert file_errors(reading) == {"Q01"}


@pytest.mark.parametrize("district", ["00090000", "12345678"])
def test_a_file_of_a_district_that_is_no_member_is_refused(deliver_lines, district):
    reading = deliver_lines(LINES_ROWS, f"{district}/lines_2020.csv")
    assert (reading.state, file_errors(reading)) == ("quarantined", {"Q04"})


def test_an_unreadable_file_is_refused_without_rows(deliver):
    reading = deliver(b"%PDF-1.7")
    assert (reading.state, reading.rows_in, reading.table.num_rows) == ("quarantined", 0, 0)
    assert file_errors(reading) == {"D02"}


# --- what always holds --------------------------------------------------------------------------------------------

_CELLS = st.sampled_from(
    ["0001", "0002", "0003", "0000", "0007", "1", "", "x", "10", "$5", "less than 6", "1.123456789012"]
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(_CELLS, min_size=3, max_size=6), max_size=8))
def test_every_row_is_landed_refused_or_a_repetition(little, tmp_path, rows):
    for text in ([*RATES_ROWS, *map(",".join, rows)], [RATES_ROWS[0], *map(",".join, rows)]):
        reading = read(little, tmp_path / "inbox", "rates_2020.csv", text)
        in_file = [row for row in text[1:] if row.replace(",", "").strip()]
        assert reading.rows_in == len(in_file)
        landed = set(reading.table.column("source_line").to_pylist())
        if reading.state != "quarantined":
            assert len(landed) == reading.rows_landed
            assert reading.rows_rejected == len({reject.line for reject in reading.rejects})
            assert landed.isdisjoint(reject.line for reject in reading.rejects)
        else:
            assert not landed
            assert any(scope == "file" for _, scope in errors(reading))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(RATES_ROWS[1:]))
def test_the_order_of_rows_does_not_matter(little, tmp_path, rows):
    reading = read(little, tmp_path / "inbox", "rates_2020.csv", [RATES_ROWS[0], *rows])
    again = read(little, tmp_path / "inbox", "rates_2020.csv", RATES_ROWS)
    key = ["entity_id", "metric_id"]
    without_line = [
        r.table.drop_columns(["source_line"]).sort_by([(k, "ascending") for k in key]) for r in (reading, again)
    ]
    assert without_line[0] == without_line[1]
