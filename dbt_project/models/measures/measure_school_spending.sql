with schools as (
    select * from {{ ref('int_spending__school') }}
    where {{ in_build_scope('int_spending__school') }}
),

figures as (
    select *, 'PPE.S01' as metric_id, {{ sum_of_parts('site', 'federal') }} as usd from schools
    union all
    select *, 'PPE.S02' as metric_id, {{ sum_of_parts('site', 'state_local') }} as usd from schools
    union all
    select *, 'PPE.S03' as metric_id, {{ sum_of_parts('central', 'federal') }} as usd from schools
    union all
    select *, 'PPE.S04' as metric_id, {{ sum_of_parts('central', 'state_local') }} as usd from schools
    union all
    select *, 'PPE.S05' as metric_id, {{ sum_of_parts() }} as usd from schools
    union all
    select *, 'PPE.S06' as metric_id, {{ sum_of_parts(object_class='personnel') }} as usd from schools
    union all
    select *, 'PPE.S07' as metric_id, {{ sum_of_parts(object_class='nonpersonnel') }} as usd from schools
)

select
    district_id,
    'school' as entity_type,
    school_id as entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    metric_id,
    'essa' as variant,
    {{ rate('usd', 'adm') }} as value,
    {{ no_interval() }},
    cast(usd as decimal(38, 6)) as numerator,
    adm as denominator,
    adm as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    {{ value_status('usd', 'adm') }} as value_status,
    'finance' as domain,
    cast(null as date) as data_through
from figures
