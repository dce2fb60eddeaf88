"""Candidates of pupils' records for the rules of door 1: two pupils, two weeks, one of them moves in the second."""

from ingestion.candidate_relations import create_overlap, create_references

RECORDS = """
create table if not exists candidate.slot (
    district_id varchar, school_year integer, domain varchar, contract varchar, delivery_id varchar, file_name varchar
);
insert into candidate.slot
select d.district_id, 2017, 'student', e.contract, 'd', e.contract || '.csv'
from unnest(['00010000', '00020000']) as d (district_id)
cross join unnest(['calendar', 'students', 'enrollments', 'programs', 'attendance', 'discipline']) as e (contract);
create table if not exists candidate.thresholds (threshold varchar, value decimal(18, 6));
insert into candidate.thresholds values
    ('orphan_share', 0.1), ('enrollment_slack_days', 30), ('attendance_off_calendar_share', 0);
create table candidate.calendar as
select
    d.district_id, 2017 as school_year, 'student' as domain, s.school_id, 'std' as calendar_code,
    date '2016-09-05' + cast(day as integer) as date, day % 7 < 5 as is_instructional
from unnest(['00010000', '00020000']) as d (district_id)
cross join unnest(['S1', 'S2']) as s (school_id) cross join range(12) as days (day);
create table candidate.students as
select d.district_id, 2017 as school_year, 'student' as domain, s.student_key
from unnest(['00010000', '00020000']) as d (district_id) cross join unnest([1, 2]) as s (student_key);
create table candidate.enrollments (
    district_id varchar, school_year integer, domain varchar, student_key integer, school_id varchar, entry_date date,
    exit_date date, calendar_code varchar, is_primary boolean
);
insert into candidate.enrollments
select d.district_id, 2017, 'student', s.*
from unnest(['00010000', '00020000']) as d (district_id)
cross join (values
    (1, 'S1', date '2016-09-05', null, 'std', true),
    (2, 'S1', date '2016-09-05', date '2016-09-09', 'std', true),
    (2, 'S2', date '2016-09-10', null, 'std', true)
) as s;
create table candidate.programs as select *, 'EL' as program from candidate.students;
create table candidate.discipline as select *, 'I1' as incident_id from candidate.students;
create table candidate.attendance as
select
    span.district_id, 2017 as school_year, 'student' as domain, span.student_key, span.school_id, day.date,
    'excused' as category, 360 as absent_minutes, 360 as day_minutes
from candidate.enrollments as span
inner join candidate.calendar as day
    on
        span.district_id = day.district_id
        and span.school_id = day.school_id
        and day.is_instructional
        and day.date between span.entry_date and coalesce(span.exit_date, date '9999-12-31');
create table candidate.chart_of_accounts (district_id varchar, school_year integer, account_id varchar);
create table candidate.gl_actuals (district_id varchar, school_year integer, domain varchar, account_id varchar);
create table candidate.gl_budget (district_id varchar, school_year integer, domain varchar, account_id varchar);
"""
REFERRING = ("enrollments", "programs", "discipline", "gl_actuals", "gl_budget")


def create_records(connection):
    """In the schema ``candidate``; in each of the districts 00010000 and 00020000 there are 20 days of attendance."""
    connection.execute(RECORDS)
    for name in REFERRING:
        connection.execute(f"alter table candidate.{name} add column delivery_id varchar default 'd'")
        connection.execute(f"alter table candidate.{name} add column source_line integer default 2")


def relate_records(connection):
    """What the records are to each other, once a test has changed them."""
    create_references(connection, REFERRING)
    create_overlap(connection, ())
