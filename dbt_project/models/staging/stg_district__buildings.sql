with source as (
    select * from {{ source('landing', 'buildings') }}
)

select
    district_id,
    school_year,
    building_id,
    school_id,
    sqft,
    delivery_id,
    source_line
from source
