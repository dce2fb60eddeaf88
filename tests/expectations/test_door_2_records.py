"""Door 2 over pupils of several districts: who leaves and turns up nowhere, and who is in two districts at once."""

import duckdb
import pytest

from expectations.evaluate import run_rule
from expectations.rules import load_registry

ONE, TWO = "00010000", "00020000"
PUPILS = """
create schema conformed;
create schema collaborative;
create table collaborative.thresholds (threshold varchar, value decimal(18, 6));
insert into collaborative.thresholds values ('simultaneous_enrollment_days', 5), ('left_without_entry_share', 0.2);
create table conformed.dim_calendar_day as
select d.district_id, 2017 as school_year, unnest([date '2016-09-01', date '2017-06-15']) as calendar_date
from unnest(['00010000', '00020000']) as d (district_id);
create table conformed.dim_student as
select
    d.district_id, 2017 as school_year, s.student_key, cast(right(left(d.district_id, 4), 1) as integer) * 100
    + s.student_key as person_key, true as has_state_id
from unnest(['00010000', '00020000']) as d (district_id) cross join range(10) as s (student_key);
create table conformed.fct_enrollment as
select
    district_id, school_year, student_key, date '2016-09-01' as entry_date, date '9999-12-31' as last_date,
    true as is_primary
from conformed.dim_student;
"""
LEAVE = "update conformed.fct_enrollment set last_date = '2017-01-10' where district_id = '00010000' and student_key"
SAME = "update conformed.dim_student set person_key = 101 where district_id = '00020000' and student_key = 1"
ENTER = "update conformed.fct_enrollment set entry_date = '{}' where district_id = '00020000' and student_key = 1"


def failures(*changes: str) -> dict:
    """What Q12 counts, per district, after changes."""
    registry = load_registry()
    with duckdb.connect() as connection:
        connection.execute(PUPILS)
        for change in changes:
            connection.execute(change)
        results = run_rule(connection, registry, registry.rule("Q12"))
    assert {result.district_id for result in results} == {ONE, TWO}, results
    return {result.district_id: result.n_failed for result in results if result.n_failed}


def test_q12__warns_and_holds_nobody():
    assert load_registry().rule("Q12").severity == "warn"
    assert failures() == {}


@pytest.mark.parametrize(("n_left", "failed"), [(2, {}), (3, {ONE: 3})])
def test_q12__a_share_of_the_pupils_moves_away(n_left, failed):
    assert failures(f"{LEAVE} < {n_left}") == failed


def test_q12__whoever_enters_elsewhere_has_not_left():
    assert failures(f"{LEAVE} < 3", SAME, ENTER.format("2017-01-11")) == {}


def test_q12__a_later_span_at_home_or_the_last_day_is_no_leaving():
    back = (
        "insert into conformed.fct_enrollment select * replace (date '2017-02-01' as entry_date, "
        "date '2017-06-15' as last_date) from conformed.fct_enrollment where last_date = '2017-01-10'"
    )
    assert failures(f"{LEAVE} < 3", back) == {}


def test_q12__without_a_state_id_nobody_can_be_found():
    unknown = "update conformed.dim_student set has_state_id = false where district_id = '00010000' and student_key < 3"
    assert failures(f"{LEAVE} < 3", unknown) == {}


@pytest.mark.parametrize(("entry", "failed"), [("2017-01-06", {}), ("2017-01-05", {ONE: 1, TWO: 1})])
def test_q12__days_in_two_districts(entry, failed):
    assert failures(f"{LEAVE} = 1", SAME, ENTER.format(entry)) == failed


def test_q12__two_spans_without_an_end_last_to_the_calendars_end():
    assert failures(SAME, ENTER.format("2017-06-11")) == {}
    assert failures(SAME, ENTER.format("2017-06-10")) == {ONE: 1, TWO: 1}


def test_q12__a_second_school_is_not_a_second_district():
    second = "update conformed.fct_enrollment set is_primary = false where district_id = '00020000' and student_key = 1"
    assert failures(SAME, second) == {}


def test_q12__without_its_thresholds_nothing_is_little_enough():
    forget = "truncate collaborative.thresholds"
    assert failures(forget, f"{LEAVE} = 1", SAME, ENTER.format("2017-01-10")) == {ONE: 1, TWO: 1}
    assert failures(forget, f"{LEAVE} = 1") == {ONE: 1}
