with source as (
    select * from {{ source('landing', 'buildings') }}
)

select
    district_id,
    school_year,
    building_id,
    school_id,
    sqft,
    sqft_cleaned,
    sqft_maintained,
    delivery_id,
    source_line
from source
