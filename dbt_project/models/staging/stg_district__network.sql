with source as (
    select * from {{ source('landing', 'network') }}
)

select
    district_id,
    school_year,
    site_id,
    month,
    provisioned_mbps,
    delivery_id,
    source_line
from source
