-- Ledger, budget and end-of-year report of a year tell of about the same dollars, and each of about those of the year
-- before. A hundred times as much, or as little, is thousands of dollars in one of them. Of a year in progress there is
-- little yet: less is told only of what reaches as far as the other.
with threshold as (
    select value as factor
    from collaborative.thresholds
    where threshold = 'unit_factor'
),

reach as (
    select district_id, school_year, least(max(period), 12) as last_period
    from staging.stg_district__gl_actuals
    group by district_id, school_year
),

totals as (
    select ledger.district_id, ledger.school_year, 'gl_actuals' as extract, ledger.ledger_usd as usd, reach.last_period
    from conformed.int_spending__ledger as ledger
    inner join reach on ledger.district_id = reach.district_id and ledger.school_year = reach.school_year
    union all
    select district_id, school_year, 'gl_budget' as extract, sum(amount_usd) as usd, 12 as last_period
    from conformed.fct_gl_budget
    where is_final and account_type = 'expenditure'
    group by district_id, school_year
    union all
    select district_id, school_year, 'eoyr_report' as extract, sum(amount_usd) as usd, 12 as last_period
    from conformed.fct_eoyr_expenditure
    group by district_id, school_year
),

pairs as (
    select
        one.district_id, one.extract, one.school_year, one.usd, two.extract as other, two.school_year as other_year,
        two.usd as other_usd
    from totals as one
    inner join totals as two
        on
            one.district_id = two.district_id
            and (
                (one.school_year = two.school_year and one.extract < two.extract)
                or (one.school_year = two.school_year + 1 and one.extract = two.extract)
            )
    where
        one.usd > 0
        and two.usd > 0
        and case
            when one.usd < two.usd then one.last_period >= two.last_period
            else two.last_period >= one.last_period
        end
),

judged as (
    select
        pairs.*,
        -- without a factor nothing is near enough
        coalesce(greatest(pairs.usd, pairs.other_usd) >= least(pairs.usd, pairs.other_usd) * threshold.factor, true)
            as is_off
    from pairs
    left join threshold on true
)

select
    district_id,
    'finance' as domain,
    school_year,
    count(*) as n_checked,
    count(*) filter (where is_off) as n_failed,
    string_agg(
        extract || ' of ' || school_year || ' has ' || round(usd / other_usd, 4) || ' times the dollars of ' || other
        || ' of ' || other_year,
        '; '
        order by school_year, extract, other
    ) filter (where is_off) as message
from judged
group by district_id, school_year
