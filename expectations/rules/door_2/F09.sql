-- A school's spending per pupil is near its district's median, and near its own of the year before. Years are compared
-- when their ledgers reach the same period.
with limits as (
    select
        max(value) filter (where threshold = 'school_spending_least') as least,
        max(value) filter (where threshold = 'school_spending_most') as most,
        max(value) filter (where threshold = 'school_spending_change') as change
    from collaborative.thresholds
),

figures as (
    select district_id, school_year, entity_id as school_id, value
    from measures.measure_school_spending
    where metric_id = 'PPE.S05' and variant = 'essa' and value is not null
),

medians as (
    select district_id, school_year, median(value) as value
    from figures
    group by district_id, school_year
),

reach as (
    select district_id, school_year, max(period) as last_period
    from staging.stg_district__gl_actuals
    group by district_id, school_year
),

before as (
    select figures.*, reach.last_period
    from figures
    inner join reach on figures.district_id = reach.district_id and figures.school_year = reach.school_year
),

found as (
    select
        figures.district_id,
        coalesce(
            figures.value < medians.value * limits.least or figures.value > medians.value * limits.most, true
        ) as is_off,
        'school ' || figures.school_id || ' spends ' || round(figures.value / nullif(medians.value, 0), 2)
        || ' of the median in ' || figures.school_year as told
    from figures
    inner join medians on figures.district_id = medians.district_id and figures.school_year = medians.school_year
    cross join limits
    union all
    select
        now.district_id,
        coalesce(abs(now.value - before.value) > abs(before.value) * limits.change, true) as is_off,
        'school ' || now.school_id || ' spends ' || round(now.value / nullif(before.value, 0), 2)
        || ' in ' || now.school_year || ' of what it spent the year before' as told
    from before as now
    inner join before
        on
            now.district_id = before.district_id
            and now.school_year = before.school_year + 1
            and now.school_id = before.school_id
            and now.last_period = before.last_period
    cross join limits
)

select
    district_id,
    count(*) as n_checked,
    count(*) filter (where is_off) as n_failed,
    string_agg(told, '; ' order by told) filter (where is_off) as message
from found
group by district_id
