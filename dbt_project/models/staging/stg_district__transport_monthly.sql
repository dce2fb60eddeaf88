with source as (
    select * from {{ source('landing', 'transport_monthly') }}
)

select
    district_id,
    school_year,
    month,
    mode,
    is_out_of_district,
    miles,
    runs,
    late_runs,
    preventable_accidents,
    direct_cost_usd,
    indirect_cost_usd,
    contractor_cost_usd,
    delivery_id,
    source_line
from source
