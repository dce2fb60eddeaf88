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
where school_days.is_instructional
