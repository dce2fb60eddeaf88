"""A total that the file carries is what its rows add up to, or the file is refused (rule CT1)."""

import pytest

from tests.ingestion.delivered_files import RATES_ROWS, changed, faults, file_errors, messages


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
    assert deliver(changed(RATES_ROWS, "$21,000.00", total)).state == "accepted"


def test_a_lost_row_and_a_lost_total_refuse_the_file(deliver):
    assert file_errors(deliver([*RATES_ROWS[:1], *RATES_ROWS[2:]])) == {"CT1"}
    assert file_errors(deliver(RATES_ROWS[:-1])) == {"CT1"}
    assert file_errors(deliver([*RATES_ROWS, "0000,STATE,1,$1,1"])) == {"CT1"}
    assert file_errors(deliver(changed(RATES_ROWS, "19.0909", ""))) == {"CT1"}


def test_a_repeated_row_is_added_once(deliver):
    assert deliver([*RATES_ROWS, RATES_ROWS[1], RATES_ROWS[4]]).state == "accepted"


def test_a_refused_cell_leaves_room_in_its_total_but_not_for_anything(deliver):
    """One cell in letters costs its own row; the rest lands, as long as the total leaves a believable rest."""
    reading = deliver(changed(RATES_ROWS, "$1,000.00", "one thousand"))
    assert (reading.state, reading.rows_landed) == ("accepted_with_rejects", 3)
    assert faults(reading) == [(2, "Dollars", "D03")]
    assert "1 hidden cells leave room" in messages(reading)
    too_much = changed(changed(RATES_ROWS, "$1,000.00", "one thousand"), "$21,000.00", "$41,000.00")
    assert file_errors(deliver(too_much)) == {"CT1"}
    too_little = changed(changed(RATES_ROWS, "$1,000.00", "one thousand"), "$21,000.00", "$19,000.00")
    assert file_errors(deliver(too_little)) == {"CT1"}


def test_a_cell_that_says_nothing_leaves_no_room(deliver):
    assert file_errors(deliver(changed(RATES_ROWS, '"$1,000.00"', ""))) == {"CT1"}


def test_numbers_too_large_to_add_up_are_named(deliver):
    huge = "9" * 26
    rows = [RATES_ROWS[0], f"0001,Abel,{huge},$1,{huge}", f"0000,STATE,{huge},$1,{huge}"]
    reading = deliver(rows)
    assert file_errors(reading) == {"CT1"}
    assert "too large to be added up" in messages(reading)
