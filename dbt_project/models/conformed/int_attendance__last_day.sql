-- Of a school without any row nothing is known.
select
    district_id,
    school_year,
    school_id,
    max(last_day) as last_day,
    bool_or(is_part) as comes_in_parts
from {{ ref('int_attendance__month') }}
group by district_id, school_year, school_id
