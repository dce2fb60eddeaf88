with source as (
    select * from {{ source('landing', 'work_orders') }}
)

select
    district_id,
    school_year,
    work_order_id,
    building_id,
    order_type,
    received_date,
    completed_date,
    delivery_id,
    source_line
from source
