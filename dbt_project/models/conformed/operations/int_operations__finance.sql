-- What benefits, invoices, funds, pay runs, risks and grants come to in a year; pay runs by month. A member of staff is
-- enrolled who has a line of health insurance. A balance of the year's end is an account's last one; where that of one
-- account is of a period before 12, there is none. Of invoices those count that say both days which are compared.
with health as (
    select
        district_id,
        school_year,
        staff_key,
        coalesce(member_status, 'not_said') as member_status,
        coalesce(tier, 'not_said') as tier,
        employer_cost_usd,
        employer_cost_usd + employee_cost_usd as premium_usd
    from {{ ref('stg_district__payroll_benefits') }}
    where pay_type = 'health'
),

health_costs as (
    select
        district_id,
        school_year,
        case
            when grouping(member_status) = 0 then 'member_status=' || member_status
            when grouping(tier) = 0 then 'tier=' || tier
            else 'all'
        end as breakdown,
        count(distinct staff_key) as n,
        {{ whole_sum('employer_cost_usd') }} as employer_usd,
        {{ whole_sum('premium_usd') }} as premium_usd
    from health
    group by grouping sets (
        (district_id, school_year), (district_id, school_year, member_status), (district_id, school_year, tier)
    )
),

employees as (
    select district_id, school_year, 'all' as breakdown, count(distinct staff_key) as n
    from {{ ref('stg_district__staff_assignments') }}
    group by district_id, school_year
),

risks as (
    select
        district_id,
        school_year,
        'all' as breakdown,
        null as n,
        sum(paid_usd + reserve_usd) filter (where insurance_line = 'workers_compensation') as compensation_usd,
        sum(premium_usd + paid_usd + reserve_usd + retained_usd) as risk_usd
    from {{ ref('stg_district__risk_costs') }}
    group by district_id, school_year
),

invoices as (
    select
        district_id,
        school_year,
        'all' as breakdown,
        null as n,
        count(*) as n_invoices,
        sum({{ days_between('received_date', 'paid_date') }}) as days,
        count(*) filter (where received_date is not null and paid_date is not null) as n_dated,
        count(*) filter (where paid_date > due_date) as n_late,
        count(*) filter (where paid_date is not null and due_date is not null) as n_due,
        count(*) filter (where is_voided) as n_voided,
        count(*) filter (where is_voided is not null and (paid_date is not null or is_voided)) as n_payments
    from {{ ref('stg_district__procurement_ap') }}
    where record_type = 'invoice'
    group by district_id, school_year
),

balances as (
    select
        balances.district_id,
        balances.school_year,
        balances.fund_balance_class,
        balances.balance_usd,
        balances.period >= 12 as is_of_year_end
    from {{ ref('stg_district__gl_balances') }} as balances
    inner join {{ ref('stg_district__chart_of_accounts') }} as chart
        on
            balances.district_id = chart.district_id
            and balances.school_year = chart.school_year
            and balances.account_id = chart.account_id
    where chart.fund_type = 'general'
    qualify
        balances.period = max(balances.period) over (
            partition by balances.district_id, balances.school_year, balances.account_id
        )
),

balance_sums as (
    select
        district_id,
        school_year,
        bool_and(is_of_year_end) as is_of_year_end,
        sum(case when fund_balance_class = 'unassigned' then balance_usd else 0 end) as unassigned_usd,
        sum(case when fund_balance_class = 'assigned' then balance_usd else 0 end) as assigned_usd,
        sum(case when fund_balance_class = 'committed' then balance_usd else 0 end) as committed_usd
    from balances
    group by district_id, school_year
),

general_fund as (
    select
        district_id,
        school_year,
        'all' as breakdown,
        null as n,
        case when is_of_year_end then unassigned_usd end as unassigned_usd,
        case when is_of_year_end then unassigned_usd + assigned_usd end as uncommitted_usd,
        case when is_of_year_end then unassigned_usd + assigned_usd + committed_usd end as unrestricted_usd
    from balance_sums
),

spent as (
    select
        accounts.district_id,
        accounts.school_year,
        accounts.is_general_fund,
        chart.grant_id is not null or coalesce(chart.fund_type = 'grant', false) as is_granted,
        coalesce(cast(chart.is_restricted as varchar), 'not_said') as is_restricted,
        accounts.amount_usd
    from {{ ref('int_spending__account') }} as accounts
    left join {{ ref('stg_district__chart_of_accounts') }} as chart
        on
            accounts.district_id = chart.district_id
            and accounts.school_year = chart.school_year
            and accounts.account_id = chart.account_id
),

spending as (
    select
        district_id,
        school_year,
        'all' as breakdown,
        null as n,
        sum(amount_usd) as spent_usd,
        coalesce(sum(amount_usd) filter (where is_general_fund), 0) as general_fund_usd
    from spent
    group by district_id, school_year
),

grant_spending as (
    select
        district_id,
        school_year,
        case when grouping(is_restricted) = 0 then 'restricted=' || is_restricted else 'all' end as breakdown,
        null as n,
        coalesce(sum(amount_usd) filter (where is_granted), 0) as granted_usd
    from spent
    group by grouping sets ((district_id, school_year), (district_id, school_year, is_restricted))
    having grouping(is_restricted) = 1 or bool_or(is_granted)
),

grants as (
    select
        district_id,
        school_year,
        'all' as breakdown,
        null as n,
        sum({{ days_between('award_date', 'first_available_date') }}) as days,
        count(first_available_date) as n_grants
    from {{ ref('stg_district__grants') }}
    group by district_id, school_year
),

pay_runs as (
    select
        runs.district_id,
        'district' as entity_type,
        runs.district_id as entity_id,
        runs.school_year,
        case when runs.period <= 12 then cast(years.starts_on + to_months(runs.period - 1) as date) end as month,
        'all' as breakdown,
        null as n,
        sum(runs.errors) as errors,
        sum(runs.payments) as payments
    from {{ ref('stg_district__payroll_runs') }} as runs
    inner join {{ ref('dim_period') }} as years on runs.school_year = years.school_year and years.period = 'year'
    group by runs.district_id, runs.school_year, runs.period, years.starts_on
)

{% for relation, domain, inputs in [
    ('health_costs', 'finance', {
        'health_employer_usd': 'employer_usd', 'health_premium_usd': 'premium_usd', 'health_members': 'n',
    }),
    ('employees', 'staff', {'employees': 'n'}),
    ('risks', 'finance', {'workers_compensation_usd': 'compensation_usd', 'cost_of_risk_usd': 'risk_usd'}),
    ('invoices', 'operations', {
        'invoices': 'n_invoices', 'invoice_days': 'days', 'invoices_dated': 'n_dated', 'invoices_late': 'n_late',
        'invoices_due': 'n_due', 'payments_voided': 'n_voided', 'payments': 'n_payments',
    }),
    ('general_fund', 'finance', {
        'unassigned_balance_usd': 'unassigned_usd', 'uncommitted_balance_usd': 'uncommitted_usd',
        'unrestricted_balance_usd': 'unrestricted_usd',
    }),
    ('spending', 'finance', {'spent_usd': 'spent_usd', 'general_fund_usd': 'general_fund_usd'}),
    ('grant_spending', 'finance', {'granted_usd': 'granted_usd'}),
    ('grants', 'finance', {'grant_days': 'days', 'grants_available': 'n_grants'}),
] %}
{{ operations_inputs(
    '(select *, \'district\' as entity_type, district_id as entity_id, cast(null as date) as month from '
    ~ relation ~ ')', inputs, domain
) }}
union all
{% endfor %}
{{ operations_inputs('pay_runs', {'paycheck_errors': 'errors', 'paychecks': 'payments'}, 'finance') }}
