with published as (
    select * from {{ ref('shared_metric_value') }} where metric_id like 'PPE.%'
)

select
    district_id,
    entity_type,
    entity_id,
    school_id,
    school_year,
    fiscal_year,
    period,
    subgroup,
    breakdown,
    metric_id,
    variant,
    value,
    value_low,
    value_high,
    level,
    numerator,
    denominator,
    n,
    basis,
    vintage,
    method_version,
    data_through,
    freshness,
    value_status,
    ppe_family,
    denominator_basis
from published
