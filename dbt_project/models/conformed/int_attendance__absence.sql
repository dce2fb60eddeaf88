-- An absence counts on a submitted day of instruction, of the calendar and within the span of the pupil's main
-- enrolment.
with attendance as (
    select * from {{ ref('fct_attendance') }} where absent_minutes > 0 and {{ in_build_scope('fct_attendance') }}
),

spans as (
    select * from {{ ref('fct_enrollment') }} where is_primary and {{ in_build_scope('fct_enrollment') }}
)

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
    attendance.student_key
