-- The general fund alone. An account that no line names spent nothing, once the year has a ledger; a function that no
-- budget names was given nothing, once the year has a budget.
with actuals as (
    select district_id, school_year, state_function, amount_usd as actual_usd, null as budget_usd
    from {{ ref('int_spending__account') }}
    where is_general_fund and {{ in_build_scope('int_spending__account') }}
),

budgets as (
    select district_id, school_year, state_function, null as actual_usd, amount_usd as budget_usd
    from {{ ref('fct_gl_budget') }}
    where
        is_final and account_type = 'expenditure' and fund_type = 'general' and {{ in_build_scope('fct_gl_budget') }}
),

amounts as (
    select *, 'function=' || state_function as breakdown from actuals where state_function is not null
    union all
    select *, 'function=' || state_function as breakdown from budgets where state_function is not null
    union all
    select *, 'all' as breakdown from actuals
    union all
    select *, 'all' as breakdown from budgets
),

years as (
    select district_id, school_year
    from amounts
    where breakdown = 'all'
    group by district_id, school_year
    having count(actual_usd) > 0 and count(budget_usd) > 0
),

sums as (
    select
        amounts.district_id,
        amounts.school_year,
        amounts.breakdown,
        cast(coalesce(sum(amounts.actual_usd), 0) as decimal(38, 6)) as actual_usd,
        cast(coalesce(sum(amounts.budget_usd), 0) as decimal(38, 6)) as budget_usd
    from amounts
    inner join years on amounts.district_id = years.district_id and amounts.school_year = years.school_year
    group by amounts.district_id, amounts.school_year, amounts.breakdown
)

select
    district_id,
    'district' as entity_type,
    district_id as entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    breakdown,
    'PPE.D13' as metric_id,
    'essa' as variant,
    {{ rate('(actual_usd - budget_usd)', 'budget_usd') }} as value,
    {{ no_interval() }},
    cast(actual_usd - budget_usd as decimal(38, 6)) as numerator,
    budget_usd as denominator,
    cast(null as decimal(38, 6)) as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    {{ value_status('(actual_usd - budget_usd)', 'budget_usd') }} as value_status,
    'finance' as domain,
    cast(null as date) as data_through
from sums
