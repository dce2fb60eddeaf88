-- Spending is never what was planned, account by account. A ledger most of whose accounts come to a version of the
-- budget to the cent is that budget, sent as what was spent. An account without a budget is not alike.
with limits as (
    select
        max(value) filter (where threshold = 'budget_as_actual_share') as share,
        max(value) filter (where threshold = 'budget_as_actual_accounts') as accounts
    from candidate.thresholds
),

actuals as (
    select district_id, school_year, domain, account_id, sum(amount_usd) as amount_usd
    from candidate.gl_actuals
    group by district_id, school_year, domain, account_id
    having sum(amount_usd) <> 0
),

ledgers as (
    select district_id, school_year, domain, count(*) as n_accounts
    from actuals
    group by district_id, school_year, domain
),

versions as (
    select
        actuals.district_id,
        actuals.school_year,
        actuals.domain,
        budget.version,
        budget.version_date,
        count(*) filter (where actuals.amount_usd = budget.amount_usd) as n_alike
    from actuals
    inner join candidate.gl_budget as budget
        on
            actuals.district_id = budget.district_id
            and actuals.school_year = budget.school_year
            and actuals.account_id = budget.account_id
    group by actuals.district_id, actuals.school_year, actuals.domain, budget.version, budget.version_date
),

judged as (
    select
        versions.*,
        ledgers.n_accounts,
        -- without a limit none may be alike
        coalesce(
            ledgers.n_accounts >= limits.accounts and versions.n_alike >= ledgers.n_accounts * limits.share,
            versions.n_alike > 0
        ) as is_budget
    from versions
    inner join ledgers
        on
            versions.district_id = ledgers.district_id
            and versions.school_year = ledgers.school_year
            and versions.domain = ledgers.domain
    cross join limits
)

select
    district_id,
    school_year,
    domain,
    sum(n_accounts) as n_checked,
    coalesce(sum(n_alike) filter (where is_budget), 0) as n_failed,
    string_agg(
        n_alike || ' of ' || n_accounts || ' accounts of gl_actuals are the ' || version || ' budget of '
        || version_date,
        '; '
        order by version, version_date
    ) filter (where is_budget) as message
from judged
group by district_id, school_year, domain
