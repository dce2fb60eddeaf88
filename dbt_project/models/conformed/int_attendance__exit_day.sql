-- The day of leaving: the last one of a stay in the main enrolment. Where the next span at the school begins on the day
-- after, the pupil has not left: however a stay is cut into spans, it has one last day.
with spans as (
    select * from {{ ref('fct_enrollment') }} where is_primary and {{ in_build_scope('fct_enrollment') }}
)

select
    spans.district_id,
    spans.school_year,
    spans.school_id,
    spans.calendar_code,
    spans.student_key,
    spans.exit_date
from spans
inner join {{ ref('int_attendance__submitted_day') }} as submitted_days
    on
        spans.district_id = submitted_days.district_id
        and spans.school_year = submitted_days.school_year
        and spans.school_id = submitted_days.school_id
        and spans.calendar_code = submitted_days.calendar_code
        and spans.exit_date = submitted_days.calendar_date
where
    (spans.district_id, spans.school_year, spans.school_id, spans.student_key, spans.exit_date) not in (
        select
            following.district_id,
            following.school_year,
            following.school_id,
            following.student_key,
            following.entry_date - 1 as day_before
        from spans as following
    )
