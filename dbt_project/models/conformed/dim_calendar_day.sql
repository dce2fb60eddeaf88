with days as (
    select * from {{ ref('stg_district__calendar') }}
)

select
    district_id,
    school_year,
    school_id,
    calendar_code,
    calendar_date,
    is_instructional,
    day_minutes,
    event
from days
