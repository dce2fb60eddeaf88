-- Days count to a school's last submitted day: the last one with a row, but for rows dated ahead of the delivery (an
-- absence excused in advance says nothing of the days before it). Of a school without any row nothing is known. An
-- absence counts on a submitted day of instruction, of the calendar and within the span of the pupil's main enrolment.
with attendance as not materialized (
    select * from {{ ref('fct_attendance') }} where {{ in_build_scope('fct_attendance') }}
),

spans as (
    select * from {{ ref('fct_enrollment') }} where is_primary and {{ in_build_scope('fct_enrollment') }}
),

school_days as (
    select * from {{ ref('dim_calendar_day') }} where is_instructional and {{ in_build_scope('dim_calendar_day') }}
),

deliveries as (
    select district_id, school_year, max(data_through) as data_through
    from {{ source('build', 'selection') }}
    where contract = 'attendance' and is_current
    group by district_id, school_year
),

last_days as (
    select
        attendance.district_id,
        attendance.school_year,
        attendance.school_id,
        max(attendance.attendance_date) filter (
            where attendance.attendance_date <= coalesce(deliveries.data_through, date '9999-12-31')
        ) as last_day
    from attendance
    left join deliveries
        on attendance.district_id = deliveries.district_id and attendance.school_year = deliveries.school_year
    group by attendance.district_id, attendance.school_year, attendance.school_id
),

submitted_days as (
    select school_days.*, last_days.last_day
    from school_days
    inner join last_days
        on
            school_days.district_id = last_days.district_id
            and school_days.school_year = last_days.school_year
            and school_days.school_id = last_days.school_id
            and school_days.calendar_date <= last_days.last_day
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
        attendance.district_id,
        attendance.school_year,
        attendance.school_id,
        spans.calendar_code,
        attendance.student_key,
        {{ days_missed('attendance.absent_minutes', 'attendance.day_minutes') }} as days_absent,
        count(*) filter (where attendance.absent_minutes * 2 >= attendance.day_minutes) as half_day_absences
    from attendance
    inner join spans
        on
            attendance.district_id = spans.district_id
            and attendance.school_year = spans.school_year
            and attendance.school_id = spans.school_id
            and attendance.student_key = spans.student_key
            and attendance.attendance_date between spans.entry_date and spans.last_date
    where
        attendance.absent_minutes > 0
        and (
            attendance.district_id, attendance.school_year, attendance.school_id, spans.calendar_code,
            attendance.attendance_date
        ) in (
            select
                submitted_days.district_id,
                submitted_days.school_year,
                submitted_days.school_id,
                submitted_days.calendar_code,
                submitted_days.calendar_date
            from submitted_days
        )
    group by
        attendance.district_id, attendance.school_year, attendance.school_id, spans.calendar_code,
        attendance.student_key
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
    last_day as data_through,
    cast(case when last_day is not null then days_in_session end as integer) as days_in_session,
    cast(case when last_day is not null then days_enrolled end as integer) as days_enrolled,
    cast(case when last_day is not null then days_absent end as decimal(38, 28)) as days_absent,
    cast(case when last_day is not null then half_day_absences end as integer) as half_day_absences
from pupils
