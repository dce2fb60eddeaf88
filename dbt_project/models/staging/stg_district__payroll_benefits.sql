with source as (
    select * from {{ source('landing', 'payroll_benefits') }}
)

select
    district_id,
    school_year,
    fiscal_year,
    period,
    staff_key,
    account_id,
    pay_type,
    amount_usd,
    tier,
    member_status,
    employer_cost_usd,
    employee_cost_usd,
    delivery_id,
    source_line
from source
