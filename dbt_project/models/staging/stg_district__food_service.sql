with source as (
    select * from {{ source('landing', 'food_service') }}
)

select
    district_id,
    school_year,
    school_id,
    service_date,
    covers,
    breakfasts,
    lunches,
    delivery_id,
    source_line
from source
