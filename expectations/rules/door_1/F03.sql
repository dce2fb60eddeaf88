-- Every account that a ledger charges is mapped to function, object, source and treatment, by the chart or by the
-- account crosswalk; by dollars, credits counted as debits, no more than a small share of a district's spending may be
-- on accounts that are not. Revenue and balances need no mapping. The message names the accounts with the most dollars
-- and what they lack.
with lines as (
    select
        gl.district_id,
        gl.school_year,
        gl.domain,
        gl.account_id,
        abs(gl.amount_usd) as amount_usd,
        coalesce(chart.mapped_by, 'unmapped') <> 'unmapped' as is_mapped,
        case
            when chart.account_id is null then 'not in the chart'
            else concat_ws(
                ', ',
                case when chart.account_type is null then 'account_type' end,
                case when chart.nces_function is null then 'nces_function' end,
                case when chart.nces_object is null then 'nces_object' end,
                case when chart.source is null then 'source' end,
                case when chart.ppe_treatment is null then 'ppe_treatment' end
            ) || ' empty'
        end as lacks
    from candidate.gl_actuals as gl
    left join candidate.mapped_accounts as chart
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

accounts as (
    select
        district_id,
        school_year,
        domain,
        account_id || ' (' || any_value(lacks) || ')' as told,
        row_number() over (
            partition by district_id, school_year, domain order by sum(amount_usd) desc, account_id asc
        ) as place
    from lines
    where not is_mapped
    group by district_id, school_year, domain, account_id
),

told as (
    select
        district_id,
        school_year,
        domain,
        'accounts that are not mapped: ' || string_agg(told, '; ' order by place) filter (where place <= 5)
        || case when count(*) > 5 then ' and ' || (count(*) - 5) || ' more' else '' end as message
    from accounts
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
        as n_failed,
    told.message
from sums
left join threshold on true
left join told
    on sums.district_id = told.district_id and sums.school_year = told.school_year and sums.domain = told.domain
