-- A trial balance nets to zero. Where a ledger books on balance accounts too, the lines of each fund and period do;
-- where balances are sent and the chart says whose fund an account is, a fund's balance moves from one period to the
-- next by what came in less what was spent. Debits are positive, credits negative. A ledger of spending alone has
-- nothing to check, and a period with a line whose account is not in the chart is not judged: nobody knows its fund.
-- Nor is a fund whose balances may lack one: then the account is named, not the fund.
with unknown_balances as (
    select balance.district_id, balance.school_year, balance.domain, balance.account_id, balance.period
    from candidate.gl_balances as balance
    anti join candidate.mapped_accounts as chart
        on
            balance.district_id = chart.district_id
            and balance.school_year = chart.school_year
            and balance.account_id = chart.account_id
),

unlisted as (
    select district_id, school_year, unnest([period, period + 1]) as period from unknown_balances
    union all
    select gl.district_id, gl.school_year, gl.period
    from candidate.gl_actuals as gl
    anti join candidate.mapped_accounts as chart
        on
            gl.district_id = chart.district_id
            and gl.school_year = chart.school_year
            and gl.account_id = chart.account_id
),

lines as (
    select
        gl.district_id,
        gl.school_year,
        gl.domain,
        chart.fund,
        gl.period,
        sum(gl.amount_usd) as net_usd,
        coalesce(sum(gl.amount_usd) filter (where chart.account_type <> 'balance'), 0) as result_usd,
        count(*) filter (where chart.account_type = 'balance') as n_balance,
        count(*) filter (where chart.account_type = 'revenue') as n_revenue
    from candidate.gl_actuals as gl
    inner join candidate.mapped_accounts as chart
        on
            gl.district_id = chart.district_id
            and gl.school_year = chart.school_year
            and gl.account_id = chart.account_id
    group by gl.district_id, gl.school_year, gl.domain, chart.fund, gl.period
),

funds as (
    select district_id, school_year, fund, sum(n_balance) > 0 as is_double_entry, sum(n_revenue) > 0 as has_revenue
    from lines
    group by district_id, school_year, fund
),

balances as (
    select
        balance.district_id,
        balance.school_year,
        balance.domain,
        chart.fund,
        balance.period,
        sum(balance.balance_usd) as balance_usd
    from candidate.gl_balances as balance
    inner join candidate.mapped_accounts as chart
        on
            balance.district_id = chart.district_id
            and balance.school_year = chart.school_year
            and balance.account_id = chart.account_id
            and chart.account_type = 'balance'
    group by balance.district_id, balance.school_year, balance.domain, chart.fund, balance.period
),

moves as (
    select
        *,
        balance_usd - lag(balance_usd) over of_fund as move_usd,
        period - lag(period) over of_fund as n_periods
    from balances
    window of_fund as (partition by district_id, school_year, domain, fund order by period)
),

compared as (
    select lines.district_id, lines.school_year, lines.domain, lines.fund, lines.period, lines.net_usd as off_usd
    from lines
    inner join funds
        on
            lines.district_id = funds.district_id
            and lines.school_year = funds.school_year
            and lines.fund = funds.fund
    where funds.is_double_entry
    union all
    select
        moves.district_id,
        moves.school_year,
        moves.domain,
        moves.fund,
        moves.period,
        moves.move_usd + coalesce(lines.result_usd, 0) as off_usd
    from moves
    inner join funds
        on
            moves.district_id = funds.district_id
            and moves.school_year = funds.school_year
            and moves.fund = funds.fund
    left join lines
        on
            moves.district_id = lines.district_id
            and moves.school_year = lines.school_year
            and moves.fund = lines.fund
            and moves.period = lines.period
    where moves.n_periods = 1 and funds.has_revenue
),

judged as (
    select
        compared.district_id,
        compared.school_year,
        compared.domain,
        compared.off_usd,
        'fund ' || compared.fund || ', period ' || compared.period || ' is off by ' || compared.off_usd as told,
        -- without a tolerance nothing is close enough
        coalesce(abs(compared.off_usd) > tolerance.usd, true) as is_off
    from compared
    anti join unlisted
        on
            compared.district_id = unlisted.district_id
            and compared.school_year = unlisted.school_year
            and compared.period = unlisted.period
    left join
        (select value as usd from candidate.thresholds where threshold = 'trial_balance_tolerance_usd') as tolerance
        on true
    union all
    select
        unknown.district_id,
        unknown.school_year,
        unknown.domain,
        null as off_usd,
        'account ' || unknown.account_id || ' of the balances is not in the chart' as told,
        true as is_off
    from unknown_balances as unknown
    semi join funds
        on unknown.district_id = funds.district_id and unknown.school_year = funds.school_year and funds.has_revenue
    group by unknown.district_id, unknown.school_year, unknown.domain, unknown.account_id
),

placed as (
    select
        *,
        row_number() over (
            partition by district_id, school_year, domain order by is_off desc, abs(off_usd) desc nulls first, told asc
        ) as place
    from judged
)

select
    district_id,
    school_year,
    domain,
    count(*) as n_checked,
    count(*) filter (where is_off) as n_failed,
    string_agg(told, '; ' order by place) filter (where is_off and place <= 5) as message
from placed
group by district_id, school_year, domain
