-- The lines of a district's own end-of-year report add up to the total that the state prints for it in the same year,
-- within a share of that total or within a fixed sum, whichever is larger. Where the state prints a rate alone, its
-- total is the rate times the pupils. A ledger comes to the same report: its lines on accounts with a function of the
-- state's report, of a year that is over by its periods.
with lines as (
    select district_id, school_year, sum(amount_usd) as total_usd
    from conformed.fct_eoyr_expenditure
    group by district_id, school_year
),

printed as (
    select
        district_id,
        school_year,
        coalesce(numerator, cast(value * denominator as decimal(38, 6))) as total_usd
    from measures.measure_reported
    where
        metric_id = 'PPE.D03'
        and variant = 'state_functional'
        and entity_type = 'district'
        and breakdown = 'all'
),

tolerance as (
    select
        max(value) filter (where threshold = 'eoyr_total_tolerance_share') as share,
        max(value) filter (where threshold = 'eoyr_total_tolerance_usd') as usd
    from collaborative.thresholds
),

ledgers as (
    select accounts.district_id, accounts.school_year, sum(accounts.amount_usd) as total_usd
    from conformed.int_spending__account as accounts
    inner join collaborative.state_functions as functions on accounts.state_function = functions.state_function
    where (accounts.district_id, accounts.school_year) in (
        select (gl.district_id, gl.school_year) from staging.stg_district__gl_actuals as gl where gl.period >= 12
    )
    group by accounts.district_id, accounts.school_year
),

pairs as (
    select
        lines.district_id,
        lines.school_year,
        cast(lines.total_usd as decimal(38, 6)) as total_usd,
        cast(printed.total_usd as decimal(38, 6)) as other_usd,
        'the state prints' as told
    from lines
    inner join printed on lines.district_id = printed.district_id and lines.school_year = printed.school_year
    where printed.total_usd is not null
    union all
    select
        lines.district_id,
        lines.school_year,
        cast(ledgers.total_usd as decimal(38, 6)) as total_usd,
        cast(lines.total_usd as decimal(38, 6)) as other_usd,
        'its ledger has' as told
    from lines
    inner join ledgers on lines.district_id = ledgers.district_id and lines.school_year = ledgers.school_year
),

compared as (
    select
        pairs.district_id,
        pairs.school_year,
        'the end-of-year lines of ' || pairs.school_year || ' do not come to what ' || pairs.told as told,
        abs(pairs.total_usd - pairs.other_usd) as difference,
        greatest(tolerance.share * pairs.other_usd, tolerance.usd) as allowed
    from pairs
    cross join tolerance
)

select
    district_id,
    'finance' as domain,
    school_year,
    count(*) as n_checked,
    -- without a tolerance nothing is close enough
    count(*) filter (where coalesce(difference > allowed, true)) as n_failed,
    string_agg(told, '; ' order by told) filter (where coalesce(difference > allowed, true)) as message
from compared
group by district_id, school_year
