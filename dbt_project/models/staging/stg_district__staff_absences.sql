with source as (
    select * from {{ source('landing', 'staff_absences') }}
)

select
    district_id,
    school_year,
    absence_id,
    staff_key,
    absence_date,
    days,
    reason,
    sub_requested,
    sub_filled,
    delivery_id,
    source_line
from source
