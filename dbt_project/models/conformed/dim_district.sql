with districts as (
    select * from {{ source('collaborative', 'districts') }}
)

select
    district_id,
    name as district_name,
    district_type,
    member_from,
    member_to
from districts
