with source as (
    select * from {{ source('landing', 'out_of_district') }}
)

select
    district_id,
    school_year,
    fiscal_year,
    placement_id,
    student_key,
    placement_type,
    is_sped_placement,
    fte,
    tuition_usd,
    transport_cost_usd,
    cb_eligible_cost_usd,
    cb_net_claim_usd,
    cb_reimbursed_usd,
    delivery_id,
    source_line
from source
