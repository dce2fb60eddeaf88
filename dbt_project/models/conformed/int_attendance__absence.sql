-- An absence counts on a submitted day of instruction, of the calendar and within the span of the pupil's main
-- enrolment. Whether it is one at all is the authority's to say, by its category. Who is present is left out by the
-- category itself: DuckDB then reads nothing else of such rows.
with attendance as (
    select * from {{ ref('fct_attendance') }}
    where category <> 'present' and countable_minutes > 0 and {{ in_build_scope('fct_attendance') }}
),

spans as (
    select * from {{ ref('fct_enrollment') }} where is_primary and {{ in_build_scope('fct_enrollment') }}
),

exit_days as (
    select * from {{ ref('int_attendance__exit_day') }}
    where {{ in_build_scope('int_attendance__exit_day') }}
)

select
    attendance.district_id,
    attendance.school_year,
    attendance.school_id,
    spans.calendar_code,
    attendance.student_key,
    attendance.category,
    exit_days.exit_date is not null as is_exit_day,
    {{ days_missed('attendance.countable_minutes', 'attendance.day_minutes') }} as days_absent,
    count(*) filter (where attendance.countable_minutes * 2 >= attendance.day_minutes) as half_day_absences
from attendance
inner join spans
    on
        attendance.district_id = spans.district_id
        and attendance.school_year = spans.school_year
        and attendance.school_id = spans.school_id
        and attendance.student_key = spans.student_key
        and attendance.attendance_date between spans.entry_date and spans.last_date
left join exit_days
    on
        attendance.district_id = exit_days.district_id
        and attendance.school_year = exit_days.school_year
        and attendance.school_id = exit_days.school_id
        and attendance.student_key = exit_days.student_key
        and attendance.attendance_date = exit_days.exit_date
where
    (
        attendance.district_id, attendance.school_year, attendance.school_id, spans.calendar_code,
        attendance.attendance_date
    ) in (
        select
            submitted_days.district_id,
            submitted_days.school_year,
            submitted_days.school_id,
            submitted_days.calendar_code,
            submitted_days.calendar_date
        from {{ ref('int_attendance__submitted_day') }} as submitted_days
    )
group by
    attendance.district_id, attendance.school_year, attendance.school_id, spans.calendar_code,
    attendance.student_key, attendance.category, exit_days.exit_date is not null
