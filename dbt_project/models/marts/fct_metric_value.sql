with measures as (
    {% for measure in measure_models() %}
    select {{ measure_columns() }} from {{ ref(measure) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

metrics as (
    select metric_id, method_version, family from {{ ref('dim_metric') }}
),

bases as (
    select metric_id as of_metric, variant as of_variant, ppe_family, denominator_basis
    from {{ ref('dim_spending_basis') }}
),

periods as (
    select school_year, period, fiscal_year from {{ ref('dim_period') }}
),

-- Months and quarters have no rows of their own among the periods: they are of the year's fiscal year.
years as (
    select school_year, fiscal_year from periods where period = 'year'
),

delivery_status as (
    select district_id as status_of, domain, school_year, data_through, freshness from {{ ref('dim_delivery_status') }}
),

-- The whole collaborative delivers nothing itself: it is as fresh as the least fresh of its members.
collaborative_status as (
    select
        'collaborative' as status_of,
        domain,
        school_year,
        min(data_through) as data_through,
        case
            when count(*) filter (where freshness = 'stale') > 0 then 'stale'
            when count(*) filter (where freshness = 'held') > 0 then 'held'
            else 'fresh'
        end as freshness
    from delivery_status
    where status_of <> '_all' and freshness is not null
    group by domain, school_year
),

-- One status for each row, found by equal keys alone: any other condition would compare every row with every status.
statuses as (
    select * from delivery_status
    union all
    select * from collaborative_status
),

limits as (
    select max(value) as least_share from {{ source('collaborative', 'thresholds') }}
    where threshold = 'participation_minimum'
),

-- How many took a test, beside what came out of it: of the same pupils, in the same source.
participations as (
    {% for measure in ['measure_reported', 'measure_tests'] %}
    select
        taken.district_id, taken.entity_type, taken.entity_id, taken.school_year, taken.period, taken.subgroup,
        taken.breakdown, taken.variant, taken.basis, taken.value < limits.least_share as is_low
    from {{ ref(measure) }} as taken
    cross join limits
    where taken.metric_id = 'SS.P03' and taken.value is not null
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

placed as (
    select
        *,
        case when entity_type = 'collaborative' then entity_type else district_id end as status_of,
        case when starts_with(breakdown, 'of=') then substr(breakdown, 4) else metric_id end as counted_id
    from measures
)

select
    placed.district_id,
    placed.entity_type,
    placed.entity_id,
    case when placed.entity_type = 'school' then placed.entity_id end as school_id,
    placed.school_year,
    coalesce(periods.fiscal_year, years.fiscal_year) as fiscal_year,
    placed.period,
    placed.subgroup,
    placed.breakdown,
    placed.metric_id,
    placed.variant,
    placed.value,
    placed.value_low,
    placed.value_high,
    placed.level,
    placed.numerator,
    placed.denominator,
    placed.n,
    placed.basis,
    placed.vintage,
    metrics.method_version,
    coalesce(placed.data_through, statuses.data_through) as data_through,
    statuses.freshness,
    placed.value_status,
    bases.ppe_family,
    bases.denominator_basis,
    case when metrics.family = 'assessment' and placed.metric_id <> 'SS.P03' then participations.is_low end
        as is_low_participation
from placed
left join metrics on placed.metric_id = metrics.metric_id
left join bases on placed.counted_id = bases.of_metric and placed.variant = bases.of_variant
left join periods on placed.school_year = periods.school_year and placed.period = periods.period
left join years on placed.school_year = years.school_year
left join participations
    on
        placed.district_id = participations.district_id
        and placed.entity_type = participations.entity_type
        and placed.entity_id = participations.entity_id
        and placed.school_year = participations.school_year
        and placed.period = participations.period
        and placed.subgroup = participations.subgroup
        and split_part(placed.breakdown, ',', 1) = participations.breakdown
        and replace(placed.variant, '_full_year', '') = participations.variant
        and placed.basis = participations.basis
left join statuses
    on
        placed.status_of = statuses.status_of
        and placed.domain = statuses.domain
        and placed.school_year = statuses.school_year
