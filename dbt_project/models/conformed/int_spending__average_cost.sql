-- A rate or a salary is alike when it is the median, within the tolerance; salaries are by month and full position, of
-- staff with one assignment.
with limits as (
    select
        max(case when threshold = 'average_cost_share' then value end) as share,
        max(case when threshold = 'average_cost_tolerance' then value end) as tolerance,
        max(case when threshold = 'average_cost_least_units' then value end) as least_units
    from {{ source('collaborative', 'thresholds') }}
),

lines as (
    select district_id, school_year, 'actual' as ledger, school_id, is_benefit, amount_usd
    from {{ ref('int_spending__account') }}
    where placement = 'site' and object_class = 'personnel' and {{ in_build_scope('int_spending__account') }}
    union all
    select
        budgets.district_id,
        budgets.school_year,
        'budget' as ledger,
        chart.school_id,
        left(chart.nces_object, 1) = '2' as is_benefit,
        budgets.amount_usd
    from {{ ref('fct_gl_budget') }} as budgets
    inner join {{ ref('stg_district__chart_of_accounts') }} as chart
        on
            budgets.district_id = chart.district_id
            and budgets.school_year = chart.school_year
            and budgets.account_id = chart.account_id
    where
        budgets.is_final and chart.school_id is not null and left(chart.nces_object, 1) in ('1', '2')
        and {{ in_build_scope('budgets') }}
),

sites as (
    select
        district_id,
        school_year,
        ledger,
        school_id,
        cast(sum(case when is_benefit then amount_usd end) as decimal(38, 6)) as benefit_usd,
        cast(sum(case when not is_benefit then amount_usd end) as decimal(38, 6)) as salary_usd
    from lines
    group by district_id, school_year, ledger, school_id
),

one_assignment as (
    select district_id, school_year, staff_key, max(role) as role, cast(sum(fte) as decimal(38, 6)) as fte
    from {{ ref('stg_district__staff_assignments') }}
    where {{ in_build_scope('stg_district__staff_assignments') }}
    group by district_id, school_year, staff_key
    having count(*) = 1 and sum(fte) > 0
),

pay as (
    select
        district_id,
        school_year,
        staff_key,
        cast(sum(amount_usd) as decimal(38, 6)) as salary_usd,
        count(distinct period) as n_periods
    from {{ ref('stg_district__payroll_benefits') }}
    where pay_type = 'salary' and {{ in_build_scope('stg_district__payroll_benefits') }}
    group by district_id, school_year, staff_key
),

units as (
    select
        district_id,
        school_year,
        ledger,
        'benefit_rate' as subject,
        'all' as role,
        {{ rate('benefit_usd', 'salary_usd') }} as amount
    from sites
    where benefit_usd > 0 and salary_usd > 0
    union all
    select
        pay.district_id,
        pay.school_year,
        'actual' as ledger,
        'salary' as subject,
        one_assignment.role,
        {{ rate('pay.salary_usd', 'cast(one_assignment.fte * pay.n_periods as decimal(38, 6))') }} as amount
    from pay
    inner join one_assignment
        on
            pay.district_id = one_assignment.district_id
            and pay.school_year = one_assignment.school_year
            and pay.staff_key = one_assignment.staff_key
    where pay.salary_usd > 0
),

medians as (
    select
        *,
        quantile_disc(amount, 0.5) over (partition by district_id, school_year, ledger, subject, role) as median_amount
    from units
),

counted as (
    select
        medians.district_id,
        medians.school_year,
        medians.ledger,
        medians.subject,
        medians.role,
        cast(count(*) as integer) as n_units,
        cast(
            sum(
                case
                    when abs(medians.amount - medians.median_amount) <= medians.median_amount * limits.tolerance then 1
                    else 0
                end
            ) as integer
        ) as n_alike,
        max(medians.median_amount) as median_amount,
        max(limits.share) as share,
        max(limits.least_units) as least_units
    from medians
    cross join limits
    group by medians.district_id, medians.school_year, medians.ledger, medians.subject, medians.role
)

select
    district_id,
    school_year,
    ledger,
    subject,
    role,
    n_units,
    n_alike,
    case when subject = 'benefit_rate' then cast(median_amount as decimal(18, 6)) end as common_rate,
    coalesce(n_units >= least_units and n_alike >= n_units * share, false) as is_average
from counted
