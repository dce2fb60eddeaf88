with source as (
    select * from {{ source('landing', 'staff_assignments') }}
)

select
    district_id,
    school_year,
    staff_key,
    school_id,
    role,
    begin_date,
    end_date,
    fte,
    in_field,
    delivery_id,
    source_line
from source
