with source as (
    select * from {{ source('landing', 'calendar') }}
)

select
    district_id,
    school_year,
    school_id,
    calendar_code,
    date as calendar_date,
    is_instructional,
    day_minutes,
    event,
    delivery_id,
    source_line
from source
