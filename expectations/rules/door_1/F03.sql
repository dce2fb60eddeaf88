-- Every account that a ledger charges is mapped to function, object, source and treatment; by dollars, credits counted
-- as debits, no more than a small share of a district's spending may be on accounts that are not. Revenue and balances
-- need no mapping.
with lines as (
    select
        gl.district_id,
        gl.school_year,
        gl.domain,
        abs(gl.amount_usd) as amount_usd,
        coalesce(
            chart.account_type = 'expenditure' and chart.nces_function is not null and chart.nces_object is not null
            and chart.source is not null and chart.ppe_treatment is not null,
            false
        ) as is_mapped
    from candidate.gl_actuals as gl
    left join candidate.chart_of_accounts as chart
        on
            gl.district_id = chart.district_id
            and gl.school_year = chart.school_year
            and gl.account_id = chart.account_id
    where coalesce(chart.account_type not in ('revenue', 'balance'), true)
),

sums as (
    select
        district_id,
        school_year,
        domain,
        count(*) as n_lines,
        count(*) filter (where not is_mapped) as n_unmapped,
        sum(amount_usd) as spent_usd,
        coalesce(sum(amount_usd) filter (where not is_mapped), 0) as unmapped_usd
    from lines
    group by district_id, school_year, domain
),

threshold as (
    select value as share
    from candidate.thresholds
    where threshold = 'unmapped_spending_share'
)

select
    sums.district_id,
    sums.school_year,
    sums.domain,
    sums.n_lines as n_checked,
    -- without a threshold nothing is little enough
    case when coalesce(sums.unmapped_usd > sums.spent_usd * threshold.share, true) then sums.n_unmapped else 0 end
        as n_failed
from sums
left join threshold on true
