with source as (
    select * from {{ source('landing', 'payroll_runs') }}
)

select
    district_id,
    school_year,
    fiscal_year,
    period,
    payments,
    errors,
    delivery_id,
    source_line
from source
