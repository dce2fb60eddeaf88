with source as (
    select * from {{ source('landing', 'procurement_ap') }}
)

select
    district_id,
    school_year,
    record_type,
    record_id,
    requisition_date,
    award_date,
    received_date,
    due_date,
    paid_date,
    is_voided,
    amount_usd,
    method,
    is_competitive,
    is_cooperative,
    object_class,
    delivery_id,
    source_line
from source
