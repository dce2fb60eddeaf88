with totals as (
    select *, total_usd - in_district_usd as out_of_district_usd
    from {{ ref('int_spending__state_functional_totals') }}
    where {{ in_build_scope('int_spending__state_functional_totals') }}
),

figures as (
    select
        *,
        'PPE.D08' as metric_id,
        cast(null as decimal(38, 6)) as denominator,
        cast(out_of_district_usd as decimal(38, 10)) as value,
        case when out_of_district_usd is null then 'numerator_missing' else 'computed' end as value_status
    from totals
    union all
    select
        *,
        'PPE.D09' as metric_id,
        total_usd as denominator,
        {{ rate('out_of_district_usd', 'total_usd') }} as value,
        {{ value_status('out_of_district_usd', 'total_usd') }} as value_status
    from totals
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    metric_id,
    'state_functional' as variant,
    value,
    {{ no_interval() }},
    cast(out_of_district_usd as decimal(38, 6)) as numerator,
    denominator,
    cast(null as decimal(38, 6)) as n,
    basis,
    cast(null as varchar) as vintage,
    value_status,
    'finance' as domain,
    cast(null as date) as data_through
from figures
