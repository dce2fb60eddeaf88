with source as (
    select * from {{ source('landing', 'grants') }}
)

select
    district_id,
    school_year,
    grant_id,
    award_date,
    first_available_date,
    amount_usd,
    is_restricted,
    delivery_id,
    source_line
from source
