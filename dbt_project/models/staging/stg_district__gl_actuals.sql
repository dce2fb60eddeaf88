with source as (
    select * from {{ source('landing', 'gl_actuals') }}
)

select
    district_id,
    school_year,
    fiscal_year,
    period,
    account_id,
    txn_id,
    amount_usd,
    school_id,
    delivery_id,
    source_line
from source
