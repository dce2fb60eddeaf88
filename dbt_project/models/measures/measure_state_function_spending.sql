with spending as (
    select
        district_id,
        school_year,
        state_function,
        is_benefits,
        is_central_office,
        cast(sum(amount_usd) as decimal(38, 6)) as numerator
    from {{ ref('fct_eoyr_expenditure') }}
    where is_in_district and {{ in_build_scope('fct_eoyr_expenditure') }}
    group by district_id, school_year, state_function, is_benefits, is_central_office
),

-- Nothing is benefits' share, or the central office's, where no function is said to be theirs.
parts as (
    select district_id, school_year, 'PPE.D07' as metric_id, cast(sum(numerator) as decimal(38, 6)) as numerator
    from spending
    where is_benefits
    group by district_id, school_year
    union all
    select district_id, school_year, 'PPE.D14' as metric_id, cast(sum(numerator) as decimal(38, 6)) as numerator
    from spending
    where is_central_office
    group by district_id, school_year
),

totals as (
    select
        district_id,
        entity_type,
        entity_id,
        school_year,
        basis,
        in_district_fte,
        cast(in_district_usd as decimal(38, 6)) as in_district_usd
    from {{ ref('int_spending__state_functional_totals') }}
    where basis = 'computed'
),

figures as (
    select
        totals.*,
        'PPE.D04' as metric_id,
        'function=' || spending.state_function as breakdown,
        spending.numerator,
        totals.in_district_fte as denominator
    from spending
    inner join totals on spending.district_id = totals.district_id and spending.school_year = totals.school_year
    union all
    select
        totals.*,
        parts.metric_id,
        'all' as breakdown,
        parts.numerator,
        totals.in_district_usd as denominator
    from parts
    inner join totals on parts.district_id = totals.district_id and parts.school_year = totals.school_year
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    breakdown,
    metric_id,
    'state_functional' as variant,
    {{ ratio_columns('numerator', 'denominator', 'in_district_fte', basis='basis') }}
from figures
