with metric_values as (
    select * from {{ ref('mart_metric_value') }}
    where
        split_part(metric_id, '.', 1) in ('SS', 'ST')
        and entity_type in ('district', 'school', 'state', 'collaborative')
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
    value_status
from metric_values
