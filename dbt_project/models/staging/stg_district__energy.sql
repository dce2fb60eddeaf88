with source as (
    select * from {{ source('landing', 'energy') }}
)

select
    district_id,
    school_year,
    building_id,
    month,
    fuel,
    quantity,
    unit,
    cost_usd,
    delivery_id,
    source_line
from source
