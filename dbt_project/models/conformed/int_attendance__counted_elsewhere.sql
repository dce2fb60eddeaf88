-- A day that several districts claim counts once, in the one that the person entered last: what the others' pupils have
-- of such days is taken away from the sum over all.
-- Each step is made before the next begins: planned as one, a large collaborative's joins begin with every pupil of a
-- district beside every other.
with stays as (
    select
        spans.school_year,
        people.person_key,
        spans.district_id,
        spans.student_key,
        min(spans.entry_date) as entry_date
    from {{ ref('fct_enrollment') }} as spans
    inner join {{ ref('dim_student') }} as people
        on
            spans.district_id = people.district_id
            and spans.school_year = people.school_year
            and spans.student_key = people.student_key
    where spans.is_primary
    group by spans.school_year, people.person_key, spans.district_id, spans.student_key
),

-- Nearly everybody is in one district: the others alone are looked at day by day.
movers as materialized (
    select
        *,
        min(entry_date) over (partition by school_year, person_key, district_id) as entered_on
    from stays
    qualify
        min(district_id) over (partition by school_year, person_key)
        <> max(district_id) over (partition by school_year, person_key)
),

spans as materialized (
    select
        enrollments.*,
        movers.person_key,
        dense_rank() over (
            partition by movers.school_year, movers.person_key
            order by movers.entered_on desc, movers.district_id
        ) as preference
    from movers
    inner join {{ ref('fct_enrollment') }} as enrollments
        on
            movers.district_id = enrollments.district_id
            and movers.school_year = enrollments.school_year
            and movers.student_key = enrollments.student_key
            and enrollments.is_primary
),

claimed as materialized (
    select
        spans.district_id,
        spans.school_year,
        spans.school_id,
        spans.calendar_code,
        spans.student_key,
        spans.person_key,
        greatest(spans.entry_date, preferred.entry_date) as first_date,
        least(spans.last_date, preferred.last_date) as last_date
    from spans
    inner join spans as preferred
        on
            spans.school_year = preferred.school_year
            and spans.person_key = preferred.person_key
            and spans.preference > preferred.preference
            and spans.entry_date <= preferred.last_date
            and spans.last_date >= preferred.entry_date
),

days_elsewhere as (
    select
        claimed.district_id,
        claimed.school_year,
        claimed.school_id,
        claimed.student_key,
        claimed.person_key,
        days.calendar_date
    from claimed
    inner join {{ ref('int_attendance__submitted_day') }} as days
        on
            claimed.district_id = days.district_id
            and claimed.school_year = days.school_year
            and claimed.school_id = days.school_id
            and claimed.calendar_code = days.calendar_code
            and days.calendar_date between claimed.first_date and claimed.last_date
    group by
        claimed.district_id, claimed.school_year, claimed.school_id, claimed.student_key, claimed.person_key,
        days.calendar_date
)

select
    days_elsewhere.school_year,
    days_elsewhere.person_key,
    coalesce(attendance.category, 'present') as category,
    exit_days.exit_date is not null as is_exit_day,
    count(*) as days_enrolled,
    {{ days_missed('attendance.countable_minutes', 'attendance.day_minutes') }} as days_absent,
    count(*) filter (where attendance.countable_minutes * 2 >= attendance.day_minutes) as half_day_absences
from days_elsewhere
left join {{ ref('fct_attendance') }} as attendance
    on
        days_elsewhere.district_id = attendance.district_id
        and days_elsewhere.school_year = attendance.school_year
        and days_elsewhere.school_id = attendance.school_id
        and days_elsewhere.student_key = attendance.student_key
        and days_elsewhere.calendar_date = attendance.attendance_date
        and attendance.category <> 'present'
        and attendance.countable_minutes > 0
left join {{ ref('int_attendance__exit_day') }} as exit_days
    on
        days_elsewhere.district_id = exit_days.district_id
        and days_elsewhere.school_year = exit_days.school_year
        and days_elsewhere.school_id = exit_days.school_id
        and days_elsewhere.student_key = exit_days.student_key
        and days_elsewhere.calendar_date = exit_days.exit_date
group by
    days_elsewhere.school_year, days_elsewhere.person_key, coalesce(attendance.category, 'present'),
    exit_days.exit_date is not null
