-- Payroll is what the ledger has as pay, up to the same period: all salaries, and benefits on the accounts to which
-- payroll charges some; and benefits stand to salaries as they usually do. A district that sends no payroll, or whose
-- ledger reaches another period, is asked for the latter alone.
with limits as (
    select
        max(value) filter (where threshold = 'payroll_tolerance_share') as tolerance,
        max(value) filter (where threshold = 'benefits_of_salaries_least') as least,
        max(value) filter (where threshold = 'benefits_of_salaries_most') as most
    from collaborative.thresholds
),

reach as (
    select district_id, school_year, max(period) as last_period
    from staging.stg_district__gl_actuals
    group by district_id, school_year
),

payroll as (
    select district_id, school_year, max(period) as last_period
    from staging.stg_district__payroll_benefits
    group by district_id, school_year
),

comparable as (
    select reach.district_id, reach.school_year
    from reach
    inner join payroll
        on
            reach.district_id = payroll.district_id
            and reach.school_year = payroll.school_year
            and reach.last_period = payroll.last_period
),

paid as (
    select
        district_id,
        school_year,
        account_id,
        pay_type in ('salary', 'stipend', 'overtime', 'substitute', 'other_pay') as is_pay,
        sum(amount_usd) as paid_usd
    from staging.stg_district__payroll_benefits
    group by all
),

booked as (
    select district_id, school_year, account_id, is_salary, is_benefit, sum(amount_usd) as booked_usd
    from conformed.int_spending__account
    where is_salary or is_benefit
    group by all
),

sides as (
    select district_id, school_year, 'salaries' as what, paid_usd, 0 as booked_usd from paid where is_pay
    union all
    select district_id, school_year, 'salaries' as what, 0 as paid_usd, booked_usd from booked where is_salary
    union all
    select district_id, school_year, 'benefits' as what, paid_usd, 0 as booked_usd from paid where not is_pay
    union all
    select booked.district_id, booked.school_year, 'benefits' as what, 0 as paid_usd, booked.booked_usd
    from booked
    semi join (select * from paid where not is_pay) as charged
        on
            booked.district_id = charged.district_id
            and booked.school_year = charged.school_year
            and booked.account_id = charged.account_id
    where booked.is_benefit
),

compared as (
    select
        sides.district_id,
        sides.school_year,
        coalesce(
            abs(sum(sides.paid_usd) - sum(sides.booked_usd))
            > any_value(limits.tolerance) * abs(sum(sides.booked_usd)),
            true
        ) as is_off,
        sides.what || ' of ' || sides.school_year || ' are ' || sum(sides.paid_usd) || ' dollars in payroll and '
        || sum(sides.booked_usd) || ' in the ledger' as told
    from sides
    semi join comparable
        on sides.district_id = comparable.district_id and sides.school_year = comparable.school_year
    cross join limits
    group by sides.district_id, sides.school_year, sides.what
    union all
    select
        booked.district_id,
        booked.school_year,
        coalesce(
            coalesce(sum(booked.booked_usd) filter (where booked.is_benefit), 0)
            not between any_value(limits.least) * sum(booked.booked_usd) filter (where booked.is_salary)
            and any_value(limits.most) * sum(booked.booked_usd) filter (where booked.is_salary),
            true
        ) as is_off,
        'benefits of ' || booked.school_year || ' are ' || round(
            100 * coalesce(sum(booked.booked_usd) filter (where booked.is_benefit), 0)
            / sum(booked.booked_usd) filter (where booked.is_salary), 1
        ) || ' % of salaries' as told
    from booked
    cross join limits
    group by booked.district_id, booked.school_year
    having sum(booked.booked_usd) filter (where booked.is_salary) <> 0
)

select
    district_id,
    count(*) as n_checked,
    count(*) filter (where is_off) as n_failed,
    string_agg(told, '; ' order by told) filter (where is_off) as message
from compared
group by district_id
