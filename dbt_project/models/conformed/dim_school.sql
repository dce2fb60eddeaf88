with schools as (
    select * from {{ source('collaborative', 'schools') }}
)

select
    district_id,
    school_id,
    name as school_name,
    school_type,
    open_from,
    open_to
from schools
