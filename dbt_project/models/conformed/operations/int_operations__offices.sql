-- What an office costs, its own people and contractors together, as far as spending per pupil counts it: no capital, no
-- debt. Who is paid from its accounts are its people; zero of them where it has salaries and no payroll says whose.
with chart as (
    select * from {{ ref('stg_district__chart_of_accounts') }}
),

accounts as (
    select chart.district_id, chart.school_year, chart.account_id, offices.office
    from chart
    inner join {{ ref('cost_office') }} as offices
        on
            chart.cost_centre = offices.cost_centre
            or starts_with(chart.nces_function, nullif(offices.nces_function, ''))
    group by chart.district_id, chart.school_year, chart.account_id, offices.office
),

spent as (
    select
        accounts.district_id,
        accounts.school_year,
        accounts.office,
        sum(lines.amount_usd) as cost_usd,
        count(*) filter (where lines.nces_object like '1%') > 0 as has_salaries
    from {{ ref('fct_gl_actual') }} as lines
    inner join accounts
        on
            lines.district_id = accounts.district_id
            and lines.school_year = accounts.school_year
            and lines.account_id = accounts.account_id
    where lines.placement in ('site', 'central')
    group by accounts.district_id, accounts.school_year, accounts.office
),

paid as (
    select accounts.district_id, accounts.school_year, accounts.office, count(distinct pay.staff_key) as n_paid
    from {{ ref('stg_district__payroll_benefits') }} as pay
    inner join accounts
        on
            pay.district_id = accounts.district_id
            and pay.school_year = accounts.school_year
            and pay.account_id = accounts.account_id
    group by accounts.district_id, accounts.school_year, accounts.office
),

offices as (
    select
        spent.district_id,
        spent.school_year,
        spent.office || '_cost_usd' as input_id,
        spent.cost_usd as amount,
        case when spent.has_salaries then coalesce(paid.n_paid, 0) end as n
    from spent
    left join paid
        on
            spent.district_id = paid.district_id
            and spent.school_year = paid.school_year
            and spent.office = paid.office
),

budgets as (
    select district_id, school_year, 'budget_usd' as input_id, sum(amount_usd) as amount, null as n
    from {{ ref('fct_gl_budget') }}
    where is_final and account_type = 'expenditure'
    group by district_id, school_year
),

balances as (
    select
        balances.district_id,
        balances.school_year,
        balances.period,
        max(balances.period) over (
            partition by balances.district_id, balances.school_year, balances.account_id
        ) as last_period,
        balances.balance_usd
    from {{ ref('stg_district__gl_balances') }} as balances
    inner join chart
        on
            balances.district_id = chart.district_id
            and balances.school_year = chart.school_year
            and balances.account_id = chart.account_id
    where chart.cost_centre = 'food_service' and balances.period <= 12
),

food_balances as (
    select district_id, school_year, 'meal_balance_usd' as input_id, sum(balance_usd) as amount, null as n
    from balances
    where period = last_period
    group by district_id, school_year
),

amounts as (
    select * from offices
    union all
    select * from budgets
    union all
    select * from food_balances
)

select
    district_id,
    'district' as entity_type,
    district_id as entity_id,
    school_year,
    'year' as period,
    'all' as breakdown,
    input_id,
    cast(amount as decimal(38, 6)) as amount,
    cast(n as decimal(38, 6)) as n,
    'finance' as domain
from amounts
