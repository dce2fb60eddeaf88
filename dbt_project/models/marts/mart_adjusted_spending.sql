with figures as (
    select * from {{ ref('mart_metric_value') }}
    where
        metric_id like 'PPE.%' and period = 'year' and subgroup = 'all'
        and entity_type in ('district', 'school', 'state')
),

adjusted as (
    select
        district_id,
        entity_type,
        entity_id,
        school_year,
        fiscal_year,
        split_part(breakdown, '=', 2) as adjusted_id,
        variant,
        basis,
        max(case when metric_id = 'PPE.D15' then value end) as real_ppe_usd,
        max(case when metric_id = 'PPE.D16' then value end) as cost_adjusted_ppe_usd
    from figures
    where metric_id in ('PPE.D15', 'PPE.D16')
    group by district_id, entity_type, entity_id, school_year, fiscal_year, breakdown, variant, basis
)

select
    adjusted.district_id,
    adjusted.adjusted_id as metric_id,
    adjusted.variant,
    adjusted.entity_type,
    adjusted.entity_id,
    adjusted.school_year,
    adjusted.fiscal_year,
    adjusted.basis,
    nominal.value as ppe_usd,
    adjusted.real_ppe_usd,
    prices.base_fiscal_year as real_dollars_fiscal_year,
    adjusted.cost_adjusted_ppe_usd,
    case when adjusted.entity_type = 'district' then costs.index_year end as cost_index_year,
    case when adjusted.entity_type = 'district' then costs.is_of_another_year end as is_cost_index_of_another_year
from adjusted
left join figures as nominal
    on
        adjusted.district_id = nominal.district_id
        and adjusted.entity_type = nominal.entity_type
        and adjusted.entity_id = nominal.entity_id
        and adjusted.school_year = nominal.school_year
        and adjusted.adjusted_id = nominal.metric_id
        and adjusted.variant = nominal.variant
        and adjusted.basis = case when nominal.basis = 'reported' then 'implied' else nominal.basis end
        and nominal.breakdown = 'all'
left join {{ ref('int_spending__price_index') }} as prices on adjusted.school_year = prices.school_year
left join {{ ref('int_spending__cost_index') }} as costs
    on adjusted.district_id = costs.district_id and adjusted.school_year = costs.school_year
