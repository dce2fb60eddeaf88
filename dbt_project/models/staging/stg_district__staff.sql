with source as (
    select * from {{ source('landing', 'staff') }}
)

select
    district_id,
    school_year,
    staff_key,
    years_exp_state,
    years_exp_total,
    delivery_id,
    source_line
from source
