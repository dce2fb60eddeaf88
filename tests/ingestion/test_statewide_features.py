"""What a mapping can say about a state's report of schools: shares, notes, gaps, identities."""

from decimal import Decimal

import pytest

from ingestion.configuration import ConfigurationError
from ingestion.home import Home
from ingestion.landing import land
from ingestion.ledger import open_ledger
from ingestion.mapping import find_mapping
from tests.ingestion.delivered_files import faults, file_errors, load_little, read

SCHOOLS = (
    "school_id,district_id,name,school_type,open_from,open_to\n"
    "00010001,00010000,First,public,,\n00010002,00010000,Second,public,,2019\n00020001,00020000,Third,public,,\n"
)
MAPPING = """\
mapping: schools
title: Tests by school
sender: state
file: 'schools_(?P<school_year>[0-9]+)\\.csv'
contract: state_reported_measures
contract_version: 1
report: schools
domain: student
notes: 'NOTE:.*'
columns:
  code: {heading: School, type: code}
  subject: {heading: Subject, type: text, codes: {ENGLISH: subject=ela, MATH: subject=math}}
  passed: {heading: 'Pass #', type: number, thousands: ','}
  share: {heading: Pass, type: number, scale: 100, markers: {'': suppressed}}
  tested: {heading: Pass, occurrence: 2, type: number, thousands: ','}
  level: {heading: Level, type: number, codes: {Level 1: '1', Level 2: '2'}, markers: {No level: not_reported}}
districts:
  {column: code, entity: school, width: 8, district_digits: 4, suffix: '0000', totals: ['00000000'], total_rows: 2}
every: {variant: v, period: year, subgroup: all, breakdown: {column: subject}}
rows:
  - {metric_id: RATE, value: {column: share}, numerator: {column: passed}, denominator: {column: tested}}
  - {metric_id: RATE, breakdown: {column: subject, suffix: ',part=level'}, value: {column: level}}
control_totals:
  tested: {tolerance: 0, known_gaps: {'2020': {amount: 7, reason: seven pupils of no school}}}
  share: {weight: tested, tolerance: 0.003}
identities:
  share:
    value: share
    numerator: passed
    denominator: tested
    tolerance: 0.0005
    exceptions: [{entity_id: '00020001', school_year: 2020, largest_difference: 0.01, reason: printed so}]
"""
ROWS = [
    "Tests,,,,,",
    "School,Subject,Pass #,Pass,Pass,Level",
    "00010001,ENGLISH,300,30.0,1000,Level 1",
    '00010001,MATH,200,20.0,"1,000",Level 2',
    "00020001,ENGLISH,5,,10,No level",
    "00020001,MATH,5,51.0,10,Level 2",
    "00000000,ENGLISH,305,30.1,1014,No level",
    "00000000,MATH,205,20.2,1013,No level",
    ",,,,,",
    "NOTE: few pupils are hidden,,,,,",
]


@pytest.fixture
def little(tmp_path):
    changed = {"schools.csv": SCHOOLS, "mappings/schools.yaml": MAPPING}
    return load_little(tmp_path / "collaborative", **changed)


@pytest.fixture
def deliver(little, tmp_path):
    def deliver(rows=ROWS, name="schools_2020.csv"):
        return read(little, tmp_path / "inbox", name, rows)

    return deliver


def _changed(old, new):
    assert any(old in row for row in ROWS), old
    return [row.replace(old, new) for row in ROWS]


def _figures(reading):
    return {(row["entity_id"], row["breakdown"]): row for row in reading.table.to_pylist()}


def test_a_row_is_its_schools_in_the_slot_of_its_district(deliver):
    reading = deliver()
    assert (reading.state, reading.rows_in, reading.rows_landed) == ("accepted", 6, 6)
    rows = reading.table.to_pylist()
    assert {(row["district_id"], row["entity_type"], row["entity_id"]) for row in rows} == {
        ("00010000", "school", "00010001"),
        ("00020000", "school", "00020001"),
        ("_all", "state", "MA"),
    }


def test_printed_percent_is_stored_as_an_exact_share(deliver):
    figures = _figures(deliver())
    assert figures["00010001", "subject=ela"]["value"] == Decimal("0.3")
    assert figures["00010001", "subject=ela"]["denominator"] == Decimal(1000)
    assert figures["MA", "subject=math"]["value"] == Decimal("0.202")


def test_a_blank_is_what_its_own_column_says(deliver):
    figures = _figures(deliver())
    assert figures["00020001", "subject=ela"]["value_status"] == "suppressed"
    assert figures["00020001", "subject=ela"]["value"] is None
    assert [f[1] for f in faults(deliver(_changed("00020001,MATH,5,51.0,10", "00020001,MATH,,51.0,10")))] == ["Pass #"]


def test_a_word_stands_for_a_number_and_a_suffix_tells_rows_apart(deliver):
    figures = _figures(deliver())
    assert figures["00010001", "subject=math,part=level"]["value"] == Decimal(2)
    assert figures["MA", "subject=math,part=level"]["value_status"] == "not_reported"
    assert [f[1:] for f in faults(deliver(_changed("1000,Level 1", "1000,Level 9")))] == [("Level", "D03")]


def test_notes_below_the_data_are_no_data_and_between_them_they_are(deliver):
    reading = deliver([*ROWS[:4], ROWS[-1], *ROWS[4:]])
    assert (reading.rows_in, reading.rows_rejected) == (7, 1)
    assert {line for line, _, _ in faults(reading)} == {5}


def test_a_footer_that_no_pattern_names_is_refused_as_a_row(deliver):
    assert deliver([*ROWS[:-1], "Source: the state,,,,,"]).rows_rejected == 1


@pytest.mark.parametrize(
    ("code", "rule", "words"),
    [
        ("00010009", "Q04", "is not a school of the roster"),
        ("00010002", "Q04", "is not a school of the roster"),
        ("77770001", "Q04", "is not a district of the roster"),
        ("10001", "Q03", "leading zeros"),
    ],
)
def test_a_code_off_the_roster_refuses_its_row(deliver, code, rule, words):
    reading = deliver(_changed("00020001,MATH,5,51.0,10", f"{code},MATH,5,51.0,10"))
    assert {each for _, _, each in faults(reading)} == {rule}
    assert any(words in reject.reason for reject in reading.rejects)


def test_a_school_of_another_district_is_refused(tmp_path):
    moved = SCHOOLS.replace("00020001,00020000", "00020001,00030000")
    changed = {"schools.csv": moved, "mappings/schools.yaml": MAPPING}
    reading = read(load_little(tmp_path / "moved", **changed), tmp_path / "inbox", "schools_2020.csv", ROWS)
    assert {line for line, _, _ in faults(reading)} == {5, 6}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("MATH,205,20.2,1013", "MATH,205,20.2,1014"),
        ("00000000,MATH", "00010002,MATH"),
        (",MATH,200,20.0", ",MATH,200,29.0"),
    ],
)
def test_the_total_rows_together_agree_but_for_the_known_gap(deliver, old, new):
    assert not file_errors(deliver())
    assert file_errors(deliver(_changed(old, new))) == {"CT1"}


def test_a_total_row_is_missed_even_if_the_others_add_up(deliver):
    """Both total rows rolled into one: every sum agrees, and still half of the report's totals is not there."""
    rolled = "00000000,ENGLISH,510,25.1525,2027,No level"
    reading = deliver([row for row in _changed(ROWS[6], rolled) if row != ROWS[7]])
    assert file_errors(reading) == {"CT1"}
    (message,) = [finding.message for finding in reading.findings if finding.severity == "error"]
    assert "the file has 1 total rows where 2 are expected" in message


def test_the_gap_is_known_for_its_year_alone(tmp_path):
    changed = {"schools.csv": SCHOOLS, "mappings/schools.yaml": MAPPING.replace("'2020': {amount", "'2019': {amount")}
    reading = read(load_little(tmp_path / "other", **changed), tmp_path / "inbox", "schools_2020.csv", ROWS)
    assert file_errors(reading) == {"CT1"}


@pytest.mark.parametrize("heading", ["School,Subject,Pass #,Pass,Tested,Level", "School,Subject,Pass,Pass,Pass,Level"])
def test_a_heading_must_stand_as_often_as_it_is_read(deliver, heading):
    assert file_errors(deliver([ROWS[0], heading, *ROWS[2:]])) == {"D02"}


def test_a_row_that_breaks_its_identity_lands_and_names_its_district(deliver):
    reading = deliver(_changed("00010001,ENGLISH,300,", "00010001,ENGLISH,301,"))
    assert (reading.state, reading.rows_landed) == ("accepted", 6)
    assert [(f.district_id, f.identity, f.line) for f in reading.identity_failures] == [("00010000", "share", 3)]


def test_a_declared_exception_is_for_its_year_alone(little, deliver, tmp_path):
    assert deliver().identity_failures == ()
    changed = {
        "schools.csv": SCHOOLS,
        "mappings/schools.yaml": MAPPING.replace("school_year: 2020", "school_year: 2019"),
    }
    reading = read(load_little(tmp_path / "other", **changed), tmp_path / "inbox", "schools_2020.csv", ROWS)
    assert [f.district_id for f in reading.identity_failures] == ["00020000"]


@pytest.mark.parametrize(
    ("share", "held"), [("51.0", []), ("49.0", []), ("51.1", ["00020000"]), ("48.9", ["00020000"])]
)
def test_a_declared_exception_is_for_its_size_alone(deliver, share, held):
    reading = deliver(_changed("00020001,MATH,5,51.0", f"00020001,MATH,5,{share}"))
    assert [f.district_id for f in reading.identity_failures] == held


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("largest_difference: 0.01, ", "", "largest_difference"),
        ("largest_difference: 0.01", "largest_difference: 0", "largest_difference"),
        (
            "numerator: passed\n    denominator: tested",
            "parts: [passed]\n    denominator_rounding: 1",
            "denominator_rounding belongs to a quotient",
        ),
    ],
)
def test_an_identity_without_limits_is_refused(tmp_path, old, new, words):
    assert old in MAPPING
    changed = {"schools.csv": SCHOOLS, "mappings/schools.yaml": MAPPING.replace(old, new)}
    with pytest.raises(ConfigurationError, match=words):
        load_little(tmp_path / "other", **changed)


def test_a_sum_of_parts_is_an_identity_too(tmp_path):
    parts = (
        MAPPING[: MAPPING.index("identities:")]
        + "identities: {all: {value: tested, parts: [passed], tolerance: 700}}\n"
    )
    changed = {"schools.csv": SCHOOLS, "mappings/schools.yaml": parts}
    reading = read(load_little(tmp_path / "sum", **changed), tmp_path / "inbox", "schools_2020.csv", ROWS)
    assert [(f.district_id, f.line) for f in reading.identity_failures] == [
        ("00010000", 4),
        ("_all", 7),
        ("_all", 8),
    ]


@pytest.mark.parametrize(("difference", "held"), [("800", {"_all"}), ("799.99", {"_all", "00010000"})])
def test_an_exception_of_a_sum_has_its_size_too(tmp_path, difference, held):
    parts = (
        MAPPING[: MAPPING.index("identities:")]
        + "identities: {all: {value: tested, parts: [passed], tolerance: 700, exceptions: "
        + f"[{{entity_id: '00010001', school_year: 2020, largest_difference: {difference}, reason: so}}]}}}}\n"
    )
    changed = {"schools.csv": SCHOOLS, "mappings/schools.yaml": parts}
    reading = read(load_little(tmp_path / "sum", **changed), tmp_path / "inbox", "schools_2020.csv", ROWS)
    assert {f.district_id for f in reading.identity_failures} == held


def test_a_failed_identity_is_a_failed_result_of_its_district_in_the_ledger(deliver, tmp_path):
    reading = deliver(_changed("00010001,ENGLISH,300,", "00010001,ENGLISH,301,"))
    home = Home(tmp_path / "home").ensure()
    ledger = open_ledger(home)
    delivery = land(home, ledger, reading, tmp_path / "inbox" / "schools_2020.csv")
    with ledger.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT district_id, domain, school_year, n_checked, n_failed, subject FROM rule_result"
            " WHERE rule_id = 'I01' AND status = 'failed'"
        ).fetchall()
    ledger.close()
    assert rows == [("00010000", "student", 2020, 2, 1, delivery.delivery_id)]


def test_the_mapping_says_the_year_where_the_file_does_not(tmp_path):
    text = MAPPING.replace("(?P<school_year>[0-9]+)", "[a-z]+").replace(
        "title: Tests", "school_year: 2020\ntitle: Tests"
    )
    little = load_little(tmp_path / "year", **{"schools.csv": SCHOOLS, "mappings/schools.yaml": text})
    assert find_mapping(little.mappings, "schools_old.csv") is not None
    assert read(little, tmp_path / "inbox", "schools_old.csv", ROWS).school_year == 2020


def test_null_takes_away_what_a_mapping_extends(tmp_path):
    later = (
        "extends: schools.yaml\nmapping: later\nreport: later\nfile: 'later_(?P<school_year>[0-9]+)\\.csv'\n"
        "control_totals: null\nidentities: null\n"
    )
    changed = {"schools.csv": SCHOOLS, "mappings/schools.yaml": MAPPING, "mappings/later.yaml": later}
    little = load_little(tmp_path / "null", **changed)
    mapping = find_mapping(little.mappings, "later_2020.csv")
    assert mapping is not None
    assert (mapping.control_totals, mapping.identities) == ({}, {})
    assert not file_errors(read(little, tmp_path / "inbox", "later_2020.csv", [*ROWS[:4], *ROWS[6:]]))
