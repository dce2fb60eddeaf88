with spending as (
    select
        district_id,
        school_year,
        state_function,
        cast(sum(amount_usd) as decimal(38, 6)) as numerator
    from {{ ref('fct_eoyr_expenditure') }}
    where is_in_district and {{ in_build_scope('fct_eoyr_expenditure') }}
    group by district_id, school_year, state_function
),

totals as (
    select district_id, entity_type, entity_id, school_year, basis, in_district_fte as denominator
    from {{ ref('int_spending__state_functional_totals') }}
    where basis = 'computed'
)

select
    totals.district_id,
    totals.entity_type,
    totals.entity_id,
    totals.school_year,
    'year' as period,
    'all' as subgroup,
    'function=' || spending.state_function as breakdown,
    'PPE.D04' as metric_id,
    'state_functional' as variant,
    {{ rate('spending.numerator', 'totals.denominator') }} as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    spending.numerator,
    totals.denominator,
    totals.denominator as n,
    totals.basis,
    cast(null as varchar) as vintage,
    {{ value_status('spending.numerator', 'totals.denominator') }} as value_status,
    'finance' as domain,
    cast(null as date) as data_through
from spending
inner join totals on spending.district_id = totals.district_id and spending.school_year = totals.school_year
