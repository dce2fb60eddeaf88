with source as (
    select * from {{ source('landing', 'mapped_accounts') }}
)

select
    district_id,
    school_year,
    fiscal_year,
    account_id,
    account_type,
    fund,
    fund_type,
    function_local,
    object_local,
    program,
    school_id,
    state_function,
    nces_function,
    nces_object,
    source,
    ppe_treatment,
    allocation_pool,
    cost_centre,
    grant_id,
    is_restricted,
    nces_fund,
    nces_program,
    mapped_by,
    delivery_id,
    source_line
from source
