-- A file of the whole year says of each day up to its last who is missing on it. Of parts one may not have come: a
-- month of which the school has no row is not submitted.
select
    school_days.district_id,
    school_days.school_year,
    school_days.school_id,
    school_days.calendar_code,
    school_days.calendar_date
from {{ ref('dim_calendar_day') }} as school_days
inner join {{ ref('int_attendance__last_day') }} as last_days
    on
        school_days.district_id = last_days.district_id
        and school_days.school_year = last_days.school_year
        and school_days.school_id = last_days.school_id
        and school_days.calendar_date <= last_days.last_day
left join {{ ref('int_attendance__month') }} as months
    on
        school_days.district_id = months.district_id
        and school_days.school_year = months.school_year
        and school_days.school_id = months.school_id
        and date_trunc('month', school_days.calendar_date) = months.month
where school_days.is_instructional and (not last_days.comes_in_parts or months.last_day is not null)
