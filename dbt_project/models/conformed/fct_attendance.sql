-- Present is who is on the school's grounds, suspended in school too, or taught at another place; who is excused, not
-- excused, suspended out of school, late or gone for a part is away for the minutes that are missed.
with attendance as (
    select * from {{ ref('stg_district__attendance') }}
)

select
    district_id,
    school_year,
    student_key,
    school_id,
    attendance_date,
    category,
    day_minutes,
    case
        when category in ('present', 'ISS', 'independent_study', 'remote') then 0
        else least(absent_minutes, day_minutes)
    end as absent_minutes,
    case
        when category = 'present' then 0
        when category in ('ISS', 'independent_study', 'remote') and absent_minutes = 0 then day_minutes
        else least(absent_minutes, day_minutes)
    end as countable_minutes,
    delivery_id
from attendance
