with source as (
    select * from {{ source('landing', 'risk_costs') }}
)

select
    district_id,
    school_year,
    fiscal_year,
    insurance_line,
    premium_usd,
    paid_usd,
    reserve_usd,
    retained_usd,
    delivery_id,
    source_line
from source
