"""Door 1 over pupils' records: what belongs to what, who is where, and on which days."""

from collections import Counter

import duckdb
import pytest

from expectations.evaluate import run_rule
from expectations.rules import load_registry
from tests.expectations.candidate_records import create_records, relate_records

ONE = "00010000"
REPORTS = """
create schema candidate;
create table candidate.roster as
select unnest(['00010000', '00020000']) as district_id, 2017 as school_year;
create table candidate.state_reported_measures (district_id varchar, school_year integer, domain varchar);
create table candidate.eoyr_report (district_id varchar, school_year integer, domain varchar);
"""
CHANGE = "update candidate.{0} set {1} where district_id = '00010000'"


def failures(rule_id: str, *faults: str) -> dict:
    """Rows at fault per district, after faults were planted."""
    registry = load_registry()
    with duckdb.connect() as connection:
        connection.execute(REPORTS)
        create_records(connection)
        for fault in faults:
            connection.execute(fault)
        relate_records(connection)
        results = run_rule(connection, registry, registry.rule(rule_id))
    assert all(result.message == "" for result in results if not result.n_failed), results
    found: Counter = Counter()
    for result in results:
        found[result.district_id] += result.n_failed
    return dict(+found)


@pytest.mark.parametrize("rule_id", ["Q04", "Q05", "Q06"])
def test_rules__sound_records_pass(rule_id):
    assert failures(rule_id) == {}


@pytest.mark.parametrize("rule_id", ["Q05", "Q06"])
def test_rules__a_night_without_records_has_nothing_to_check(rule_id):
    registry = load_registry()
    with duckdb.connect() as connection:
        connection.execute(REPORTS)
        create_records(connection)
        connection.execute("truncate candidate.enrollments; truncate candidate.attendance")
        relate_records(connection)
        results = run_rule(connection, registry, registry.rule(rule_id))
    assert [result.status for result in results] == ["nothing_to_check"]


@pytest.mark.parametrize(
    ("fault", "n_failed"),
    [
        (CHANGE.format("enrollments", "student_key = 3") + " and student_key = 1", 11),
        (CHANGE.format("enrollments", "calendar_code = 'pm'") + " and school_id = 'S2'", 1),
        (CHANGE.format("enrollments", "school_id = 'S3'") + " and school_id = 'S2'", 6),
        (CHANGE.format("programs", "student_key = 3") + " and student_key = 1", 1),
        (CHANGE.format("discipline", "student_key = 3") + " and student_key = 1", 1),
        (CHANGE.format("attendance", "student_key = 3") + " and school_id = 'S2'", 5),
        (CHANGE.format("attendance", "school_id = 'S2'") + " and student_key = 1", 10),
        (CHANGE.format("enrollments", "exit_date = '2016-09-12'") + " and student_key = 1", 4),
        (CHANGE.format("enrollments", "entry_date = '2016-09-08'") + " and student_key = 1", 3),
        ("delete from candidate.roster where district_id = '00010000'", 6),
    ],
)
def test_q04__orphans(fault, n_failed):
    assert failures("Q04", fault) == {ONE: n_failed}


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            CHANGE.format("programs", "student_key = 3"),
            "programs: 2 of 2 rows have no student in students or enrollments (at most 10.0 % may; the first: "
            "programs.csv:2, 2)",
        ),
        (
            CHANGE.format("attendance", "date = date '2017-07-01'"),
            "attendance: 5 of 20 rows have no enrolment at their school on their day (at most 10.0 % may)",
        ),
    ],
)
def test_q04__says_which_extract_lacks_what(fault, message):
    registry = load_registry()
    with duckdb.connect() as connection:
        connection.execute(REPORTS)
        create_records(connection)
        connection.execute(fault)
        relate_records(connection)
        results = run_rule(connection, registry, registry.rule("Q04"))
    assert [result.message for result in results if result.n_failed] == [message]


def test_q04__another_districts_or_years_pupil_is_not_ones_own():
    foreign = "insert into candidate.students select '00020000', 2017, 'student', 3"
    former = "insert into candidate.students select '00010000', 2016, 'student', 3"
    orphan = CHANGE.format("programs", "student_key = 3") + " and student_key = 1"
    assert failures("Q04", foreign, former, orphan) == {ONE: 1}


@pytest.mark.parametrize(("n_days", "failed"), [(1, {}), (2, {}), (3, {ONE: 3})])
def test_q04__a_share_of_orphans_may_stay(n_days, failed):
    days = f"date in (select date from candidate.calendar order by date limit {n_days * 4})"
    strangers = f"update candidate.attendance set student_key = 3 where {days} and student_key = 1"
    assert failures("Q04", f"{strangers} and district_id = '00010000'") == failed


def test_q04__attendance_of_nobody_at_all():
    assert failures("Q04", "update candidate.attendance set student_key = 3") == {ONE: 20, "00020000": 20}


def test_q04__without_a_share_there_is_no_orphan():
    stranger = "student_key = 3 where date = '2016-09-05' and student_key = 1 and district_id = '00010000'"
    forget = "delete from candidate.thresholds where threshold = 'orphan_share'"
    assert failures("Q04", f"update candidate.attendance set {stranger}", forget) == {ONE: 1}


@pytest.mark.parametrize(
    ("fault", "n_failed"),
    [
        (CHANGE.format("enrollments", "entry_date = '2016-09-09'") + " and school_id = 'S2'", 1),
        (CHANGE.format("enrollments", "exit_date = null") + " and student_key = 2", 1),
        (
            CHANGE.format("enrollments", "school_id = 'S1', is_primary = false, entry_date = '2016-09-09'")
            + " and school_id = 'S2'",
            1,
        ),
        (CHANGE.format("enrollments", "exit_date = '2016-09-04'") + " and student_key = 1", 1),
        (CHANGE.format("enrollments", "entry_date = '2016-08-05'") + " and student_key = 1", 1),
        (CHANGE.format("enrollments", "entry_date = '2016-09-17'") + " and student_key = 1", 1),
        (CHANGE.format("enrollments", "exit_date = '2016-10-17'") + " and student_key = 1", 1),
        ("delete from candidate.calendar where district_id = '00010000'", 3),
    ],
)
def test_q05__spans_that_cannot_be(fault, n_failed):
    assert failures("Q05", fault) == {ONE: n_failed}


@pytest.mark.parametrize(
    "change",
    [
        CHANGE.format("enrollments", "entry_date = '2016-09-06', is_primary = false") + " and school_id = 'S2'",
        CHANGE.format("enrollments", "entry_date = '2016-08-06'") + " and student_key = 1",
        CHANGE.format("enrollments", "exit_date = '2016-10-16'") + " and student_key = 1",
        CHANGE.format("enrollments", "exit_date = entry_date") + " and student_key = 1",
    ],
)
def test_q05__spans_at_their_limits(change):
    assert failures("Q05", change) == {}


def test_q05__without_a_limit_no_early_entry_is_close_enough():
    forget = "delete from candidate.thresholds where threshold = 'enrollment_slack_days'"
    assert failures("Q05", forget) == {ONE: 3, "00020000": 3}


@pytest.mark.parametrize(
    ("fault", "n_failed"),
    [
        (CHANGE.format("attendance", "date = '2016-09-10'") + " and date = '2016-09-05' and student_key = 1", 1),
        (CHANGE.format("attendance", "date = '2016-12-24'") + " and date = '2016-09-05' and student_key = 1", 1),
        (CHANGE.format("attendance", "date = '2016-09-06'") + " and date = '2016-09-05' and student_key = 1", 1),
        (
            CHANGE.format("attendance", "school_id = 'S2', date = '2016-09-12'")
            + " and date = '2016-09-05' and student_key = 2",
            1,
        ),
        (CHANGE.format("attendance", "absent_minutes = 361") + " and date = '2016-09-05' and student_key = 1", 1),
        (CHANGE.format("attendance", "absent_minutes = -1") + " and date = '2016-09-05' and student_key = 1", 1),
    ],
)
def test_q06__days_that_cannot_be(fault, n_failed):
    assert failures("Q06", fault) == {ONE: n_failed}


def test_q06__a_share_of_days_off_may_be_configured():
    off = CHANGE.format("attendance", "date = '2016-09-10'") + " and date = '2016-09-05' and student_key = 1"
    limit = "update candidate.thresholds set value = {} where threshold = 'attendance_off_calendar_share'"
    assert failures("Q06", off, limit.format("0.05")) == {}
    assert failures("Q06", off, limit.format("0.04")) == {ONE: 1}
