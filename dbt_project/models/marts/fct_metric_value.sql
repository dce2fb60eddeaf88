with measures as (
    select {{ measure_columns() }} from {{ ref('measure_reported') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_state_spending_per_pupil') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_state_function_spending') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_out_of_district_spending') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_attendance') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_chronic_absence') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_pooled_chronic_absence') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_school_spending') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_district_spending') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_budget_variance') }}
),

metrics as (
    select metric_id, method_version from {{ ref('dim_metric') }}
),

periods as (
    select school_year, period, fiscal_year from {{ ref('dim_period') }}
),

delivery_status as (
    select district_id, domain, school_year, data_through, freshness from {{ ref('dim_delivery_status') }}
),

-- The whole collaborative delivers nothing itself: it is as fresh as the least fresh of its members.
collaborative_status as (
    select
        domain,
        school_year,
        min(data_through) as data_through,
        case
            when count(*) filter (where freshness = 'stale') > 0 then 'stale'
            when count(*) filter (where freshness = 'held') > 0 then 'held'
            else 'fresh'
        end as freshness
    from delivery_status
    where district_id <> '_all' and freshness is not null
    group by domain, school_year
)

select
    measures.district_id,
    measures.entity_type,
    measures.entity_id,
    case when measures.entity_type = 'school' then measures.entity_id end as school_id,
    measures.school_year,
    periods.fiscal_year,
    measures.period,
    measures.subgroup,
    measures.breakdown,
    measures.metric_id,
    measures.variant,
    measures.value,
    measures.value_low,
    measures.value_high,
    measures.level,
    measures.numerator,
    measures.denominator,
    measures.n,
    measures.basis,
    measures.vintage,
    metrics.method_version,
    coalesce(measures.data_through, delivery_status.data_through, collaborative_status.data_through) as data_through,
    coalesce(delivery_status.freshness, collaborative_status.freshness) as freshness,
    measures.value_status
from measures
left join metrics on measures.metric_id = metrics.metric_id
left join periods on measures.school_year = periods.school_year and measures.period = periods.period
left join delivery_status
    on
        measures.district_id = delivery_status.district_id
        and measures.entity_type <> 'collaborative'
        and measures.domain = delivery_status.domain
        and measures.school_year = delivery_status.school_year
left join collaborative_status
    on
        measures.entity_type = 'collaborative'
        and measures.domain = collaborative_status.domain
        and measures.school_year = collaborative_status.school_year
