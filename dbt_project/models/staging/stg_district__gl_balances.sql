with source as (
    select * from {{ source('landing', 'gl_balances') }}
)

select
    district_id,
    school_year,
    fiscal_year,
    period,
    account_id,
    fund_balance_class,
    balance_usd,
    delivery_id,
    source_line
from source
