-- What looks odd in a ledger and may be right: negative lines that take nothing back (no line of the account with the
-- same amount) and come to more than a small share of their function, one line that is a large part of the district,
-- and entries after the year's end (period 13).
with limits as (
    select
        max(value) filter (where threshold = 'negative_lines_share') as negative,
        max(value) filter (where threshold = 'largest_line_share') as largest
    from candidate.thresholds
),

lines as (
    select
        gl.district_id,
        gl.school_year,
        gl.domain,
        gl.account_id,
        gl.period,
        gl.amount_usd,
        coalesce(chart.nces_function, 'not mapped') as nces_function
    from candidate.gl_actuals as gl
    left join candidate.mapped_accounts as chart
        on
            gl.district_id = chart.district_id
            and gl.school_year = chart.school_year
            and gl.account_id = chart.account_id
    where coalesce(chart.account_type not in ('revenue', 'balance'), true)
),

taken_back as (
    select district_id, school_year, account_id, -amount_usd as amount_usd
    from lines
    where amount_usd > 0
),

negative as (
    select district_id, school_year, domain, nces_function, count(*) as n_lines, sum(-amount_usd) as usd
    from lines
    where
        amount_usd < 0
        and (district_id, school_year, account_id, amount_usd) not in (
            select (taken_back.district_id, taken_back.school_year, taken_back.account_id, taken_back.amount_usd)
            from taken_back
        )
    group by district_id, school_year, domain, nces_function
),

functions as (
    select
        district_id,
        school_year,
        domain,
        nces_function,
        count(*) as n_lines,
        sum(abs(amount_usd)) as usd,
        max(abs(amount_usd)) as largest_usd,
        count(*) filter (where period = 13) as n_late
    from lines
    group by district_id, school_year, domain, nces_function
),

sums as (
    select
        functions.*,
        negative.n_lines as n_negative,
        coalesce(negative.usd > functions.usd * limits.negative, negative.usd > 0, false) as is_negative,
        coalesce(
            functions.largest_usd > limits.largest * sum(functions.usd) over (
                partition by functions.district_id, functions.school_year, functions.domain
            ),
            true
        ) as has_large_line
    from functions
    cross join limits
    left join negative
        on
            functions.district_id = negative.district_id
            and functions.school_year = negative.school_year
            and functions.domain = negative.domain
            and functions.nces_function = negative.nces_function
)

select
    district_id,
    school_year,
    domain,
    sum(n_lines) as n_checked,
    sum(case when is_negative then n_negative else 0 end + has_large_line::integer + n_late) as n_failed,
    concat_ws(
        '; ',
        'function '
        || string_agg(nces_function || ' has ' || n_negative || ' negative lines', ', ' order by nces_function)
        filter (where is_negative),
        'one line of function '
        || string_agg(nces_function, ', ' order by nces_function) filter (where has_large_line)
        || ' is a large part of all that is spent',
        nullif(sum(n_late), 0) || ' lines are of period 13'
    ) as message
from sums
group by district_id, school_year, domain
