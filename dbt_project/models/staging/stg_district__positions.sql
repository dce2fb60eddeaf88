with source as (
    select * from {{ source('landing', 'positions') }}
)

select
    district_id,
    school_year,
    position_id,
    as_of,
    school_id,
    role,
    budgeted_fte,
    filled_fte,
    delivery_id,
    source_line
from source
