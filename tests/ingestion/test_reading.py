import json
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.configuration import load_collaborative
from ingestion.findings import Reading
from synthetic.generate import generate
from tests.ingestion.delivered_files import (
    LINES,
    LINES_ROWS,
    RATES,
    RATES_ROWS,
    errors,
    faults,
    file_errors,
    load_little,
    read,
)


@pytest.fixture
def little(tmp_path):
    return load_little(tmp_path / "collaborative")


@pytest.fixture
def deliver(little, tmp_path):
    """Read a statewide file of rates."""

    def deliver(rows, name="rates_2020.csv") -> Reading:
        return read(little, tmp_path / "inbox", name, rows)

    return deliver


@pytest.fixture
def deliver_lines(little, tmp_path):
    """Read a district's own file, row by row (what refused parts of a sum mean has a test of its own)."""

    def deliver(rows, name="00010000/lines_2020.csv", *, row_by_row=True) -> Reading:
        return read(little, tmp_path / "inbox", name, rows, row_by_row=row_by_row)

    return deliver


def _changed(rows, old, new):
    assert any(old in row for row in rows), old
    return [row.replace(old, new) for row in rows]


def _row(reading, entity_id, metric_id):
    rows = [r for r in reading.table.to_pylist() if (r["entity_id"], r["metric_id"]) == (entity_id, metric_id)]
    assert len(rows) == 1
    return rows[0]


def _messages(reading):
    return " | ".join(f"{finding.message}; {finding.what_to_do}" for finding in reading.problems)


def test_a_statewide_file_lands_its_districts_and_its_total_apart(deliver):
    reading = deliver(RATES_ROWS)
    assert (reading.state, reading.rows_in, reading.rows_landed) == ("accepted", 4, 4)
    assert reading.extract == "state_reported_measures.rates"
    assert (reading.domain, reading.school_year, reading.sender) == ("finance", 2020, "state")
    assert reading.table.schema == reading.contract.arrow_schema()
    abel = _row(reading, "00010000", "RATE")
    assert (abel["district_id"], abel["entity_type"], abel["value"]) == ("00010000", "district", Decimal(10))
    assert (abel["numerator"], abel["denominator"], abel["n"]) == (Decimal(1000), Decimal(100), Decimal(100))
    state = _row(reading, "MA", "N")
    assert (state["district_id"], state["entity_type"], state["value"]) == ("_all", "state", Decimal(1100))


def test_markers_become_a_status_and_never_a_number(deliver):
    reading = deliver(RATES_ROWS)
    hidden, empty = _row(reading, "00030000", "N"), _row(reading, "00030000", "RATE")
    assert (hidden["value"], hidden["value_status"]) == (None, "suppressed")
    assert (empty["value"], empty["value_status"]) == (None, "not_reported")
    assert (empty["numerator"], empty["denominator"], empty["n"]) == (None, None, None)


def test_text_that_is_no_marker_refuses_the_row(deliver):
    reading = deliver(_changed(RATES_ROWS, "less than 6", "less than 7"))
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
    assert words in _messages(reading)
    assert (reading.rows_in, reading.rows_landed, reading.rows_rejected, reading.table.num_rows) == (4, 0, 4, 0)


def test_a_dropped_column_refuses_the_file(deliver):
    reading = deliver(["Code,Name,Pupils,Per Pupil", "0001,Abel,1,2", "0000,STATE,1,2"])
    assert (reading.state, file_errors(reading)) == ("quarantined", {"D02"})


def test_columns_in_another_order_land_by_name_and_a_new_one_is_told(deliver):
    rows = ["New,Per Pupil,Dollars,Pupils,Name,Code", "x,10,$10,1,Abel,0001", ",10,$10,1,STATE,0000"]
    reading = deliver(rows)
    assert (reading.state, reading.rows_landed) == ("accepted", 2)
    assert _row(reading, "00010000", "RATE")["value"] == 10
    assert [(f.rule_id, f.severity) for f in reading.problems] == [("D02", "warning")]
    assert "'New'" in _messages(reading)


def test_blanks_in_a_heading_do_not_matter(deliver):
    reading = deliver([RATES_ROWS[0].replace("Per Pupil", '" Per\r Pupil\xa0"') + ",,", *RATES_ROWS[1:]])
    assert reading.rows_landed == 4


# --- rows: D02, D03, Q03, Q04 -------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["12O", "1e3", "(10)", "n/a", "***", "10.12345678901", "1,0", "ten"])
def test_text_in_place_of_a_number_refuses_the_row(deliver_lines, cell):
    reading = deliver_lines(_changed(LINES_ROWS, "100.10", f'"{cell}"'))
    assert (reading.state, reading.rows_landed, reading.rows_rejected) == ("accepted_with_rejects", 2, 1)
    assert faults(reading) == [(2, "amount", "D03")]
    assert cell not in _messages(reading) + reading.rejects[0].reason


def test_one_refused_line_of_parts_of_a_sum_refuses_the_file(deliver_lines):
    reading = deliver_lines(_changed(LINES_ROWS, "100.10", "1OO.10"), row_by_row=False)
    assert (reading.state, reading.rows_landed, reading.rows_rejected) == ("quarantined", 0, 3)
    assert faults(reading) == [(2, "amount", "D03")]
    assert "Q01" in file_errors(reading)
    assert "add up to a total" in _messages(reading)


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
    assert faults(deliver_lines(_changed(LINES_ROWS, "100.10", "100.105"))) == [(2, "amount", "D03")]
    assert faults(deliver_lines(_changed(LINES_ROWS, "100.10", "100.1000"))) == []


def test_a_number_too_large_for_its_type_is_refused(deliver_lines):
    assert faults(deliver_lines(_changed(LINES_ROWS, "100.10", "9" * 17))) == [(2, "amount", "D03")]
    assert faults(deliver_lines(_changed(LINES_ROWS, "100.10", "9" * 16))) == []


def test_an_empty_cell_where_a_value_is_required_refuses_the_row(deliver_lines):
    reading = deliver_lines(_changed(_changed(LINES_ROWS, "100.10", ""), "Charter", " "))
    assert faults(reading) == [(2, "amount", "D03"), (4, "item", "Q03")]
    assert all("empty" in reject.reason for reject in reading.rejects)


def test_a_marker_where_a_number_is_required_refuses_the_row(tmp_path):
    markers = LINES + "markers: {'': not_reported, hidden: suppressed}\n"
    little = load_little(tmp_path / "c", **{"mappings/lines.yaml": markers})
    rows = _changed(_changed(LINES_ROWS, "100.10", ""), ",0", ",hidden")
    reading = read(little, tmp_path / "inbox", "00010000/lines_2020.csv", rows)
    assert faults(reading) == [(2, "amount", "D03"), (3, "amount", "D03")]
    assert "a marker where a number is required" in reading.rejects[1].reason


def test_a_text_that_the_mapping_does_not_know_refuses_the_row(deliver_lines):
    assert faults(deliver_lines(_changed(LINES_ROWS, "Tuition", "Tuitions"))) == [(4, "category", "Q04")]


def test_a_code_that_is_not_on_the_roster_refuses_its_row_by_name(deliver):
    reading = deliver([*RATES_ROWS, "0007,Nobody,0,$0,0"])
    assert (reading.state, reading.rows_landed) == ("accepted_with_rejects", 4)
    assert faults(reading) == [(6, "Code", "Q04")]
    assert "0007" in reading.rejects[0].reason


def test_a_district_that_is_no_member_that_year_is_not_on_the_roster(deliver):
    assert faults(deliver([*RATES_ROWS, "0009,Gone,0,$0,0"])) == [(6, "Code", "Q04")]


@pytest.mark.parametrize("code", ["1", "00010000", "000A", "", "1.0E3"])
def test_a_code_of_another_width_refuses_its_row_and_says_why(deliver, code):
    reading = deliver(_changed(RATES_ROWS, "0001", code))
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
    assert _row(reading, "00020000", "N")["source_line"] == 3


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
    assert words in _messages(reading)


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
    assert words in _messages(reading)


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
    assert words in _messages(reading)


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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("$21,000.00", "$21,000.06"),
        ("$21,000.00", "$20,999.94"),
        ("$20,000.00", "$2,000.00"),
        ('"1,100"', '"1,099"'),
        ("19.0909", "19.2"),
        (",20\n", ",21\n"),
    ],
)
def test_a_total_that_its_rows_do_not_add_up_to_refuses_the_file(deliver, old, new):
    rows = "\n".join(RATES_ROWS) + "\n"
    assert old in rows
    reading = deliver(rows.replace(old, new))
    assert (reading.state, file_errors(reading)) == ("quarantined", {"CT1"})
    finding = next(finding for finding in reading.problems if finding.severity == "error")
    assert finding.column in ("Dollars", "Pupils", "Per Pupil")
    assert "the total row states" in finding.message
    assert finding.what_to_do


@pytest.mark.parametrize("total", ["$21,000.05", "$20,999.95"])
def test_a_total_within_the_tolerance_is_accepted(deliver, total):
    assert deliver(_changed(RATES_ROWS, "$21,000.00", total)).state == "accepted"


def test_a_lost_row_and_a_lost_total_refuse_the_file(deliver):
    assert file_errors(deliver([*RATES_ROWS[:1], *RATES_ROWS[2:]])) == {"CT1"}
    assert file_errors(deliver(RATES_ROWS[:-1])) == {"CT1"}
    assert file_errors(deliver([*RATES_ROWS, "0000,STATE,1,$1,1"])) == {"CT1"}
    assert file_errors(deliver(_changed(RATES_ROWS, "19.0909", ""))) == {"CT1"}


def test_a_repeated_row_is_added_once(deliver):
    assert deliver([*RATES_ROWS, RATES_ROWS[1], RATES_ROWS[4]]).state == "accepted"


def test_a_refused_cell_leaves_room_in_its_total_but_not_for_anything(deliver):
    """One cell in letters costs its own row; the rest lands, as long as the total leaves a believable rest."""
    reading = deliver(_changed(RATES_ROWS, "$1,000.00", "one thousand"))
    assert (reading.state, reading.rows_landed) == ("accepted_with_rejects", 3)
    assert faults(reading) == [(2, "Dollars", "D03")]
    assert "1 hidden cells leave room" in _messages(reading)
    too_much = _changed(_changed(RATES_ROWS, "$1,000.00", "one thousand"), "$21,000.00", "$41,000.00")
    assert file_errors(deliver(too_much)) == {"CT1"}
    too_little = _changed(_changed(RATES_ROWS, "$1,000.00", "one thousand"), "$21,000.00", "$19,000.00")
    assert file_errors(deliver(too_little)) == {"CT1"}


def test_a_cell_that_says_nothing_leaves_no_room(deliver):
    assert file_errors(deliver(_changed(RATES_ROWS, '"$1,000.00"', ""))) == {"CT1"}


def test_numbers_too_large_to_add_up_are_named(deliver):
    huge = "9" * 26
    rows = [RATES_ROWS[0], f"0001,Abel,{huge},$1,{huge}", f"0000,STATE,{huge},$1,{huge}"]
    reading = deliver(rows)
    assert file_errors(reading) == {"CT1"}
    assert "too large to be added up" in _messages(reading)


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
