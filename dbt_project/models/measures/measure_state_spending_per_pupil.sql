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
    {{ ratio_columns('numerator', 'denominator', 'denominator', basis='basis') }}
from figures
