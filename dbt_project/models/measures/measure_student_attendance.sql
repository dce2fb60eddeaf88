-- A pupil's days at a school: those of the calendar that were submitted, those within the spans of the main enrolment,
-- and the absences on them.
with spans as (
    select * from {{ ref('fct_enrollment') }} where is_primary and {{ in_build_scope('fct_enrollment') }}
),

last_days as (
    select * from {{ ref('int_attendance__last_day') }}
    where {{ in_build_scope('int_attendance__last_day') }}
),

submitted_days as (
    select * from {{ ref('int_attendance__submitted_day') }}
    where {{ in_build_scope('int_attendance__submitted_day') }}
),

sessions as (
    select district_id, school_year, school_id, calendar_code, count(*) as days_in_session
    from submitted_days
    group by district_id, school_year, school_id, calendar_code
),

-- Thousands of pupils share a span's days: each is counted once.
span_days as (
    select
        shapes.district_id,
        shapes.school_year,
        shapes.school_id,
        shapes.calendar_code,
        shapes.entry_date,
        shapes.last_date,
        count(*) as days_enrolled
    from (
        select district_id, school_year, school_id, calendar_code, entry_date, last_date
        from spans
        group by district_id, school_year, school_id, calendar_code, entry_date, last_date
    ) as shapes
    inner join submitted_days
        on
            shapes.district_id = submitted_days.district_id
            and shapes.school_year = submitted_days.school_year
            and shapes.school_id = submitted_days.school_id
            and shapes.calendar_code = submitted_days.calendar_code
            and submitted_days.calendar_date between shapes.entry_date and shapes.last_date
    group by
        shapes.district_id, shapes.school_year, shapes.school_id, shapes.calendar_code, shapes.entry_date,
        shapes.last_date
),

members as (
    select
        spans.district_id,
        spans.school_year,
        spans.school_id,
        spans.calendar_code,
        spans.student_key,
        arg_max(spans.grade, spans.entry_date) as grade,
        max(spans.entry_date) as last_entry_date,
        max(spans.last_date) as last_date,
        sum(coalesce(span_days.days_enrolled, 0)) as days_enrolled
    from spans
    left join span_days
        on
            spans.district_id = span_days.district_id
            and spans.school_year = span_days.school_year
            and spans.school_id = span_days.school_id
            and spans.calendar_code = span_days.calendar_code
            and spans.entry_date = span_days.entry_date
            and spans.last_date = span_days.last_date
    group by spans.district_id, spans.school_year, spans.school_id, spans.calendar_code, spans.student_key
),

absences as (
    select
        district_id,
        school_year,
        school_id,
        calendar_code,
        student_key,
        sum(days_absent) as days_absent,
        sum(half_day_absences) as half_day_absences
    from {{ ref('int_attendance__absence') }}
    where
        category not in ('ISS', 'independent_study', 'remote')
        and {{ in_build_scope('int_attendance__absence') }}
    group by district_id, school_year, school_id, calendar_code, student_key
),

exits as (
    select district_id, school_year, school_id, calendar_code, student_key, count(*) as exit_days
    from {{ ref('int_attendance__exit_day') }}
    where {{ in_build_scope('int_attendance__exit_day') }}
    group by district_id, school_year, school_id, calendar_code, student_key
),

people as (
    select district_id, school_year, student_key, person_key from {{ ref('dim_student') }}
    where {{ in_build_scope('dim_student') }}
),

pupils as (
    select
        members.*,
        last_days.last_day,
        coalesce(people.person_key, members.student_key) as person_key,
        coalesce(sessions.days_in_session, 0) as days_in_session,
        coalesce(exits.exit_days, 0) as exit_days,
        coalesce(absences.days_absent, 0) as days_absent,
        coalesce(absences.half_day_absences, 0) as half_day_absences
    from members
    left join last_days
        on
            members.district_id = last_days.district_id
            and members.school_year = last_days.school_year
            and members.school_id = last_days.school_id
    left join sessions
        on
            members.district_id = sessions.district_id
            and members.school_year = sessions.school_year
            and members.school_id = sessions.school_id
            and members.calendar_code = sessions.calendar_code
    left join absences
        on
            members.district_id = absences.district_id
            and members.school_year = absences.school_year
            and members.school_id = absences.school_id
            and members.calendar_code = absences.calendar_code
            and members.student_key = absences.student_key
    left join exits
        on
            members.district_id = exits.district_id
            and members.school_year = exits.school_year
            and members.school_id = exits.school_id
            and members.calendar_code = exits.calendar_code
            and members.student_key = exits.student_key
    left join people
        on
            members.district_id = people.district_id
            and members.school_year = people.school_year
            and members.student_key = people.student_key
)

select
    district_id,
    school_year,
    school_id,
    calendar_code,
    student_key,
    person_key,
    grade,
    last_entry_date,
    last_date < last_day as is_leaver,
    last_day as data_through,
    cast(case when last_day is not null then days_in_session end as integer) as days_in_session,
    cast(case when last_day is not null then days_enrolled end as integer) as days_enrolled,
    cast(case when last_day is not null then exit_days end as integer) as exit_days,
    cast(case when last_day is not null then days_absent end as decimal(38, 28)) as days_absent,
    cast(case when last_day is not null then half_day_absences end as integer) as half_day_absences
from pupils
