with source as (
    select * from {{ source('landing', 'eoyr_report') }}
)

select
    district_id,
    school_year,
    fiscal_year,
    state_function,
    line_item,
    fund_group,
    amount_usd,
    delivery_id,
    source_line
from source
