with dictionary as (
    select * from {{ ref('metric_dictionary') }}
)

select
    metric_id,
    name as metric_name,
    domain,
    family,
    unit,
    scale,
    direction,
    aggregation,
    disclosure,
    minimum_n,
    numerator_definition,
    denominator_definition,
    rules,
    source,
    evidence,
    method_version
from dictionary
