with published as (
    select * from {{ ref('mart_metric_value') }} where basis = 'reported'
),

metrics as (
    select metric_id, disclosure from {{ ref('dim_metric') }}
)

select
    published.district_id,
    published.entity_type,
    published.entity_id,
    published.school_id,
    published.school_year,
    published.fiscal_year,
    published.period,
    published.subgroup,
    published.breakdown,
    published.metric_id,
    published.variant,
    published.value,
    published.value_low,
    published.value_high,
    published.level,
    case when metrics.disclosure = 'none' then published.numerator end as numerator,
    case when metrics.disclosure = 'none' then published.denominator end as denominator,
    case when metrics.disclosure = 'none' then published.n end as n,
    published.basis,
    published.vintage,
    published.method_version,
    published.data_through,
    published.freshness,
    published.value_status,
    published.ppe_family,
    published.denominator_basis
from published
inner join metrics on published.metric_id = metrics.metric_id

union all

-- Computed figures as they were frozen when they were last published; never tonight's.
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
from {{ source('build', 'published_figures') }}
