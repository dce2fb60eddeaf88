with source as (
    select * from {{ source('landing', 'staff') }}
)

select
    district_id,
    school_year,
    staff_key,
    hire_date,
    years_exp_state,
    years_exp_total,
    termination_date,
    termination_reason,
    licence_type,
    licence_begin,
    licence_end,
    waiver,
    delivery_id,
    source_line
from source
