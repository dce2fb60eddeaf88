"""Rules of pupils' records, each on rows that pass and on a planted fault: doors 1 and 2."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest

from expectations.evaluate import run_rule
from expectations.rules import load_registry
from ingestion.configuration_table import DEFAULTS

ONE, TWO = "00010000", "00020000"
THRESHOLDS = f"select threshold, cast(value as decimal(18, 6)) as value from read_csv('{DEFAULTS / 'thresholds.csv'}')"
TWO_DISTRICTS = "unnest(['00010000', '00020000']) as d (district_id)"
PLACE = "d.district_id, 2017 as school_year, 'student' as domain"

DOOR_1 = f"""
create schema candidate;
create table candidate.thresholds as {THRESHOLDS};
create table candidate.slot as
select {PLACE}, 'attendance' as extract, date '2016-10-30' as data_through from {TWO_DISTRICTS};
create table candidate.calendar as
select {PLACE}, 'S1' as school_id, 'std' as calendar_code, date '2016-09-01' + cast(n as integer) as date,
    n % 7 < 5 as is_instructional
from {TWO_DISTRICTS} cross join range(60) as days (n);
create table candidate.enrollments as
select {PLACE}, 'S1' as school_id, n as student_key, true as is_primary
from {TWO_DISTRICTS} cross join range(100) as pupils (n);
create table candidate.attendance as
select {PLACE}, 'S1' as school_id, n as student_key, date '2016-09-01' + cast(n as integer) as date,
    'unexcused' as category, 360 as absent_minutes, 360 as day_minutes, 'attendance' as extract
from {TWO_DISTRICTS} cross join range(60) as days (n) where n % 7 in (0, 4);
create table candidate.discipline as
select {PLACE}, 'S1' as school_id, 7 as student_key, 'out_of_school_suspension' as action_type,
    cast(2 as decimal(6, 2)) as days_assigned, cast(2 as decimal(6, 2)) as days_served
from {TWO_DISTRICTS};
insert into candidate.attendance
select {PLACE}, 'S1', 7, date '2016-09-09', 'OSS', 360, 360, 'attendance' from {TWO_DISTRICTS};
create table candidate.assessments as
select {PLACE}, 'MCAS' as assessment_id, 'ela' as subject, '05' as grade_tested, 'tested' as participation,
    date '2016-09-20' as admin_date, true as is_valid, n as student_key, 400 + 10 * n as scale_score, 50 as sgp,
    60 as percentile_rank, case when n < 5 then 'low' else 'high' end as level, n >= 5 as is_proficient
from {TWO_DISTRICTS} cross join range(10) as pupils (n);
create table candidate.course_grades as
select {PLACE}, 'ela' as subject, true as is_core, 5.000 as credit_attempted, 5.000 as credit_earned
from {TWO_DISTRICTS};
create table candidate.interventions as
select {PLACE}, n as student_key, 'I' || n as intervention_id, date '2016-10-01' as start_date,
    date '2017-03-01' as planned_end_date, null::date as end_date
from {TWO_DISTRICTS} cross join range(2) as pupils (n);
create table candidate.intervention_sessions as
select {PLACE}, n as student_key, 'I' || n as intervention_id, date '2017-03-01' as session_date, 30 as minutes,
    true as attended
from {TWO_DISTRICTS} cross join range(2) as pupils (n);
create table candidate.screeners as
select {PLACE}, n as student_key, 'tested' as status, 'fall' as window, 'below' as benchmark_level,
    date '2016-09-15' as test_date
from {TWO_DISTRICTS} cross join range(4) as pupils (n);
"""

DOOR_2 = f"""
create schema build; create schema collaborative; create schema staging; create schema conformed;
create schema measures;
create table collaborative.thresholds as {THRESHOLDS};
create table collaborative.series_breaks (metric_id varchar, subgroup varchar, from_school_year integer);
create table build.build_info as select date '2017-03-10' as as_of;
create table build.selection as
select {PLACE}, 'attendance' as contract, true as is_current, date '2017-03-03' as data_through from {TWO_DISTRICTS}
union all
select {PLACE}, 'gl_actuals', true, date '2017-01-24' from {TWO_DISTRICTS};
create table conformed.dim_calendar_day as
select {PLACE}, 'S1' as school_id, 'std' as calendar_code, date '2016-09-01' + cast(n as integer) as calendar_date,
    n % 7 < 5 as is_instructional
from {TWO_DISTRICTS} cross join range(280) as days (n);
create table conformed.dim_student as
select d.district_id, y.school_year, n as student_key, n + cast(right(d.district_id, 5) as integer) as person_key,
    true as has_state_id, case when n % 2 = 0 then 'white' else 'asian' end as race_eth
from {TWO_DISTRICTS} cross join unnest([2016, 2017]) as y (school_year) cross join range(200) as pupils (n);
create table conformed.fct_enrollment as
select district_id, school_year, student_key, 'S1' as school_id, 'std' as calendar_code,
    make_date(school_year - 1, 9, 1) as entry_date, date '9999-12-31' as last_date, '05' as grade, true as is_primary
from conformed.dim_student;
create table conformed.int_attendance__absence as
select district_id, school_year, student_key, 'excused' as category from conformed.dim_student;
create table staging.stg_district__programs as
select district_id, school_year, student_key, program, make_date(school_year - 1, 9, 1) as begin_date,
    null::date as end_date
from conformed.dim_student cross join unnest(['SWD', 'ED', 'EL']) as p (program)
where student_key < case program when 'SWD' then 40 when 'ED' then 80 else 60 end;
create table conformed.int_spending__autumn_count as
select {PLACE}, 'S1' as school_id, 200 as n_pupils from {TWO_DISTRICTS};
create table measures.measure_student_attendance as
select district_id, school_year, student_key, 180 as days_enrolled, 180 as days_in_session from conformed.dim_student;
create table measures.measure_attendance as
select d.district_id, y.school_year, m.*, 'all' as subgroup, 'all' as breakdown, 190 as n
from {TWO_DISTRICTS} cross join unnest([2016, 2017]) as y (school_year)
cross join (values ('SS.A03', 'school', 'S1', 0.9500), ('SS.A01', 'district', 'D', 191.0))
    as m (metric_id, entity_type, entity_id, value);
create table measures.measure_reported as
select {PLACE}, 'SS.N02' as metric_id, 'district' as entity_type, 'all' as subgroup, 'all' as breakdown, 201 as value
from {TWO_DISTRICTS};
"""

LATER = "and school_year = 2017"
AT_ONE = "where district_id = '00010000'"
PLANTED = {
    ("Q08", "five days"): (
        f"delete from candidate.attendance {AT_ONE} and date between '2016-09-15' and '2016-09-19'",
        1,
    ),
    ("Q08", "presence alone"): (
        f"update candidate.attendance set absent_minutes = 0, category = 'present' {AT_ONE}",
        1,
    ),
    ("Q15", "served"): (f"update candidate.discipline set days_served = 3 {AT_ONE}", 1),
    ("Q15", "there"): (f"delete from candidate.attendance {AT_ONE} and category = 'OSS'", 1),
    ("Q15", "quiet"): (f"update candidate.discipline set school_id = 'S2' {AT_ONE}", 1),
    ("Q16", "growth of 0"): (f"update candidate.assessments set sgp = 0 {AT_ONE} and student_key < 3", 3),
    ("Q16", "growth of 100"): (f"update candidate.assessments set sgp = 100 {AT_ONE} and student_key < 3", 3),
    ("Q16", "rank of 101"): (f"update candidate.assessments set percentile_rank = 101 {AT_ONE} and student_key = 1", 1),
    ("Q16", "levels"): (f"update candidate.assessments set scale_score = 460 {AT_ONE} and student_key = 1", 2),
    ("Q16", "meanings"): (f"update candidate.assessments set is_proficient = true {AT_ONE} and student_key = 1", 1),
    ("Q17", "credits"): (f"update candidate.course_grades set credit_earned = 5.001 {AT_ONE}", 1),
    ("Q18", "before"): (f"update candidate.intervention_sessions set session_date = '2016-09-30' {AT_ONE}", 2),
    ("Q18", "after"): (f"update candidate.intervention_sessions set session_date = '2017-03-02' {AT_ONE}", 2),
    ("Q18", "no minute"): (f"update candidate.intervention_sessions set minutes = 0 {AT_ONE}", 2),
    ("Q18", "hours"): (f"update candidate.intervention_sessions set minutes = 181 {AT_ONE}", 2),
    ("Q18", "no plan"): (
        f"update candidate.interventions set start_date = '2016-10-16' {AT_ONE} and student_key = 1",
        3,
    ),
    ("Q07", "twice"): (
        f"update measures.measure_student_attendance set days_enrolled = 181 {AT_ONE} and student_key = 3",
        2,
    ),
    ("Q07", "long"): (
        f"update measures.measure_student_attendance set days_enrolled = 186, days_in_session = 190 {AT_ONE} "
        f"and student_key = 3 {LATER}",
        1,
    ),
    ("Q09", "attendance"): (
        f"update build.selection set data_through = '2017-03-02' {AT_ONE} and contract = 'attendance'",
        1,
    ),
    ("Q09", "ledger"): (
        f"update build.selection set data_through = '2017-01-23' {AT_ONE} and contract = 'gl_actuals'",
        1,
    ),
    ("Q10", "low"): (f"update measures.measure_attendance set value = 0.7499 {AT_ONE} and metric_id = 'SS.A03'", 2),
    ("Q10", "high"): (f"update measures.measure_attendance set value = 0.9951 {AT_ONE} and metric_id = 'SS.A03'", 2),
    ("Q10", "change"): (
        f"update measures.measure_attendance set value = 0.9199 {AT_ONE} and metric_id = 'SS.A03' {LATER}",
        1,
    ),
    ("Q21", "membership"): (f"update measures.measure_attendance set value = 189 {AT_ONE} and metric_id = 'SS.A01'", 1),
    ("Q11", "state"): (f"update measures.measure_reported set value = 203 {AT_ONE}", 1),
    ("Q14", "end"): (
        f"update staging.stg_district__programs set end_date = '2015-01-01' {AT_ONE} and student_key = 50 "
        f"and program = 'EL' {LATER}",
        1,
    ),
    ("Q14", "overlap"): (
        "insert into staging.stg_district__programs values ('00010000', 2017, 1, 'EL', '2017-01-01', null)",
        1,
    ),
    ("Q14", "disability"): (
        f"delete from staging.stg_district__programs {AT_ONE} and program = 'SWD' and student_key > 8",
        2,
    ),
    ("Q14", "low income"): (
        f"delete from staging.stg_district__programs {AT_ONE} and program = 'ED' and student_key > 58 {LATER}",
        1,
    ),
    ("Q14", "no low income at all"): (
        f"delete from staging.stg_district__programs {AT_ONE} and program = 'ED' {LATER}",
        1,
    ),
    ("Q14", "no disability at all"): (f"delete from staging.stg_district__programs {AT_ONE} and program = 'SWD'", 2),
}
HARMLESS = {
    ("Q08", "four days"): f"delete from candidate.attendance {AT_ONE} and date = '2016-09-15'",
    ("Q08", "a silent school"): f"delete from candidate.attendance {AT_ONE}",
    ("Q08", "a small school"): f"delete from candidate.enrollments {AT_ONE} and student_key > 28; "
    f"delete from candidate.attendance {AT_ONE} and date between '2016-09-12' and '2016-09-20'",
    ("Q08", "excused in advance"): f"delete from candidate.attendance {AT_ONE} and date > '2016-09-20'; "
    "insert into candidate.attendance values "
    "('00010000', 2017, 'student', 'S1', 1, '2016-10-25', 'excused', 360, 360, 'attendance')",
    ("Q08", "a part that did not come"): f"update candidate.attendance set extract = 'attendance.part' {AT_ONE}; "
    f"delete from candidate.attendance {AT_ONE} and month(date) = 9; "
    "delete from candidate.calendar where date < '2016-09-25'",
    ("Q08", "a day ahead"): f"delete from candidate.attendance {AT_ONE} and date > '2016-09-20'; "
    f"update candidate.slot set data_through = '2016-09-20' {AT_ONE}; "
    "insert into candidate.attendance values "
    "('00010000', 2017, 'student', 'S1', 1, '2017-05-12', 'unexcused', 360, 360, 'attendance')",
    ("Q15", "an unknown pupil"): "insert into candidate.discipline values "
    "('00010000', 2017, 'student', 'S1', null, 'out_of_school_suspension', 2, 2)",
    ("Q16", "cuts of another season"): "insert into candidate.assessments "
    "select * replace (scale_score + 30 as scale_score, date '2017-05-02' as admin_date) from candidate.assessments",
    ("Q16", "cuts of another grade"): "insert into candidate.assessments "
    "select * replace (scale_score + 30 as scale_score, '06' as grade_tested) from candidate.assessments",
    ("Q16", "no grade on a scale of all grades"): f"update candidate.assessments set grade_tested = null {AT_ONE}; "
    f"update candidate.assessments set scale_score = 460 {AT_ONE} and student_key = 1",
    ("Q15", "a small school"): f"delete from candidate.enrollments {AT_ONE} and student_key = 1; "
    f"update candidate.discipline set school_id = 'S2' {AT_ONE}",
    ("Q18", "some without a plan"): f"update candidate.interventions set start_date = '2016-10-15' {AT_ONE}",
    ("Q09", "holidays"): "update build.build_info set as_of = '2018-01-01'; delete from conformed.dim_calendar_day "
    "where calendar_date > '2017-03-10'; delete from build.selection where contract = 'gl_actuals'",
    ("Q10", "a tiny school"): f"update measures.measure_attendance set n = 9, value = 0.5 {AT_ONE}",
    ("Q14", "a series break"): "insert into collaborative.series_breaks values ('SS.D01', 'low_income', 2017); "
    f"delete from staging.stg_district__programs {AT_ONE} and program = 'ED' and student_key > 58 {LATER}",
}
GATES = ("Q08", "Q11", "Q16")


@contextmanager
def records(door: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """Rows of two districts in which no rule finds anything."""
    with duckdb.connect() as connection:
        connection.execute(DOOR_1 if door == 1 else DOOR_2)
        yield connection


def failures(rule_id: str, change: str = "") -> dict[str, int]:
    """What a rule counts in each district, once something was changed."""
    registry = load_registry()
    rule = registry.rule(rule_id)
    with records(rule.door) as connection:
        connection.execute(change)
        found = run_rule(connection, registry, rule)
    assert {each.status for each in found} <= {"passed", "failed"}, found
    sums: dict[str, int] = {}
    for each in found:
        sums[str(each.district_id)] = sums.get(str(each.district_id), 0) + each.n_failed
        assert bool(each.message) == bool(each.n_failed)
    return {district: n for district, n in sums.items() if n}


@pytest.mark.parametrize("rule_id", sorted({rule_id for rule_id, _ in PLANTED} | {"Q20"}))
def test_rule__finds_nothing_in_sound_records_and_warns_unless_it_is_a_gate(rule_id):
    assert failures(rule_id) == {}
    assert load_registry().rule(rule_id).severity == ("error" if rule_id in GATES else "warn")


@pytest.mark.parametrize(("rule_id", "fault"), PLANTED)
def test_rule__finds_the_fault_that_was_planted_and_names_its_district_alone(rule_id, fault):
    change, n_failed = PLANTED[rule_id, fault]
    assert failures(rule_id, change) == {ONE: n_failed}


@pytest.mark.parametrize(("rule_id", "case"), HARMLESS)
def test_rule__does_not_take_what_is_right_for_a_fault(rule_id, case):
    assert failures(rule_id, HARMLESS[rule_id, case]) == {}


@pytest.mark.parametrize(
    ("exit_date", "told"),
    [("2016-09-01", {}), ("2016-09-08", {ONE: 1, TWO: 1}), ("2016-09-07", {})],
    ids=["left the week before", "left on the day of entry", "left on the day before"],
)
def test_q20__tells_both_districts_of_a_day_that_both_claim(exit_date, told):
    same = (
        f"update conformed.dim_student set person_key = 10001 where student_key = 1 {LATER}; "
        f"update conformed.fct_enrollment set last_date = '{exit_date}' {AT_ONE} and student_key = 1 {LATER}; "
        "update conformed.fct_enrollment set entry_date = '2016-09-08' "
        f"where district_id = '00020000' and student_key = 1 {LATER}"
    )
    assert failures("Q20", same) == told


def test_q20__a_weekend_or_a_second_school_is_no_day_in_dispute():
    same = f"update conformed.dim_student set person_key = 10001 where student_key = 1 {LATER}; "
    weekend = (
        f"update conformed.fct_enrollment set last_date = '2016-09-07' {AT_ONE} and student_key = 1; "
        "update conformed.fct_enrollment set entry_date = '2016-09-06' "
        "where district_id = '00020000' and student_key = 1"
    )
    assert failures("Q20", same + weekend) == {}
    second = "update conformed.fct_enrollment set is_primary = false where district_id = '00020000' and student_key = 1"
    assert failures("Q20", same + second) == {}
