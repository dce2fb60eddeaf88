with source as (
    select * from {{ source('landing', 'transport_routes') }}
)

select
    district_id,
    school_year,
    route_id,
    as_of,
    mode,
    buses,
    avg_daily_riders,
    school_id,
    delivery_id,
    source_line
from source
