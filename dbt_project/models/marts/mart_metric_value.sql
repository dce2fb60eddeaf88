with metric_values as (
    select * from {{ ref('fct_metric_value') }}
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
from metric_values
