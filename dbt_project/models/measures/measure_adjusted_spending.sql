-- Spending per pupil in dollars of another year (PPE.D15) or of the country's mean wages (PPE.D16): the breakdown says
-- of which figure. It is rounded to millionths of a dollar before it is adjusted.
with figures as (
    select {{ measure_columns() }} from {{ ref('measure_school_spending') }}
    where metric_id = 'PPE.S05' and {{ in_build_scope('measure_school_spending') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_district_spending') }}
    where metric_id = 'PPE.D01' and {{ in_build_scope('measure_district_spending') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_state_spending_per_pupil') }}
    where {{ in_build_scope('measure_state_spending_per_pupil') }}
    union all
    select {{ measure_columns() }} from {{ ref('measure_reported') }}
    where
        metric_id in ('PPE.D02', 'PPE.D03', 'PPE.S05r') and period = 'year' and subgroup = 'all'
        and breakdown = 'all' and {{ in_build_scope('measure_reported') }}
),

adjusted as (
    select
        figures.*,
        'PPE.D15' as adjusted_id,
        prices.sum_of_months as divisor,
        cast(figures.value * prices.base_sum_of_months as decimal(38, 6)) as dividend,
        prices.base_sum_of_months as factor
    from figures
    inner join {{ ref('int_spending__price_index') }} as prices on figures.school_year = prices.school_year
    union all
    select
        figures.*,
        'PPE.D16' as adjusted_id,
        costs.cost_index as divisor,
        cast(figures.value as decimal(38, 6)) as dividend,
        1 as factor
    from figures
    inner join {{ ref('int_spending__cost_index') }} as costs
        on figures.district_id = costs.district_id and figures.school_year = costs.school_year
    where figures.entity_type = 'district'
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    period,
    subgroup,
    'of=' || metric_id as breakdown,
    adjusted_id as metric_id,
    variant,
    {{ rate('dividend', 'divisor') }} as value,
    {{ no_interval() }},
    cast({{ rate('(numerator * factor)', 'divisor') }} as decimal(38, 6)) as numerator,
    denominator,
    n,
    case when basis = 'reported' then 'implied' else basis end as basis,
    cast(null as varchar) as vintage,
    {{ value_status('dividend', 'divisor') }} as value_status,
    domain,
    data_through
from adjusted
