-- The lines of a district's own end-of-year report add up to the total that the state prints for it in the same year,
-- within a share of that total or within a fixed sum, whichever is larger. Where the state prints a rate alone, its
-- total is the rate times the pupils.
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

compared as (
    select
        lines.district_id,
        abs(lines.total_usd - printed.total_usd) as difference,
        greatest(tolerance.share * printed.total_usd, tolerance.usd) as allowed
    from lines
    inner join printed on lines.district_id = printed.district_id and lines.school_year = printed.school_year
    cross join tolerance
    where printed.total_usd is not null
)

select
    district_id,
    count(*) as n_checked,
    -- without a tolerance nothing is close enough
    count(*) filter (where coalesce(difference > allowed, true)) as n_failed
from compared
group by district_id
