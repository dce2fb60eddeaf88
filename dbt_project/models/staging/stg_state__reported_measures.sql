with source as (
    select * from {{ source('landing', 'state_reported_measures') }}
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    period,
    subgroup,
    breakdown,
    metric_id,
    variant,
    value,
    numerator,
    denominator,
    n,
    value_status,
    delivery_id,
    source_line
from source
