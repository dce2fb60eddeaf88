with totals as (
    select * from {{ ref('int_spending__state_functional_totals') }}
    where basis = 'computed' and {{ in_build_scope('int_spending__state_functional_totals') }}
),

figures as (
    select *, 'PPE.D02' as metric_id, in_district_usd as numerator, in_district_fte as denominator from totals
    union all
    select *, 'PPE.D03' as metric_id, total_usd as numerator, total_fte as denominator from totals
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
    {{ rate('numerator', 'denominator') }} as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    numerator,
    denominator,
    denominator as n,
    basis,
    cast(null as varchar) as vintage,
    {{ value_status('numerator', 'denominator') }} as value_status,
    'finance' as domain,
    cast(null as date) as data_through
from figures
