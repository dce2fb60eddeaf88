with source as (
    select * from {{ source('landing', 'gl_budget') }}
)

select
    district_id,
    school_year,
    fiscal_year,
    account_id,
    version,
    version_date,
    amount_usd,
    delivery_id,
    source_line
from source
