with source as (
    select * from {{ source('landing', 'devices') }}
)

select
    district_id,
    school_year,
    device_id,
    assigned_to,
    acquired_date,
    status,
    delivery_id,
    source_line
from source
