-- Every dollar of a ledger is somewhere, once, to the cent: what its lines add up to is what schools are said to spend
-- and what is left out, a pool is its shares, a school's total is its parts, and schools make up their district.
with ledgers as (
    select gl.district_id, gl.school_year, sum(gl.amount_usd) as ledger_usd
    from staging.stg_district__gl_actuals as gl
    left join staging.stg_district__chart_of_accounts as chart
        on
            gl.district_id = chart.district_id
            and gl.school_year = chart.school_year
            and gl.account_id = chart.account_id
    where coalesce(chart.account_type not in ('revenue', 'balance'), true)
    group by gl.district_id, gl.school_year
),

parts as (
    select district_id, school_year, numerator as amount_usd
    from measures.measure_school_spending
    where metric_id in ('PPE.S01', 'PPE.S02', 'PPE.S03', 'PPE.S04') and numerator is not null
    union all
    select district_id, school_year, amount_usd
    from conformed.int_spending__account
    where placement not in ('site', 'central')
    union all
    select district_id, school_year, pool_usd as amount_usd
    from conformed.int_spending__central_pool
    where not is_allocated
),

part_sums as (
    select district_id, school_year, sum(amount_usd) as amount_usd
    from parts
    group by district_id, school_year
),

share_sums as (
    select district_id, school_year, allocation_pool, source, object_class, sum(allocated_usd) as allocated_usd
    from conformed.int_spending__central_allocation
    group by district_id, school_year, allocation_pool, source, object_class
),

schools as (
    select
        district_id,
        school_year,
        entity_id,
        sum(case when metric_id in ('PPE.S01', 'PPE.S02', 'PPE.S03', 'PPE.S04') then numerator end) as place_usd,
        sum(case when metric_id in ('PPE.S06', 'PPE.S07') then numerator end) as object_usd,
        sum(case when metric_id = 'PPE.S05' then numerator end) as total_usd
    from measures.measure_school_spending
    group by district_id, school_year, entity_id
),

districts as (
    select district_id, school_year, sum(total_usd) as total_usd
    from schools
    group by district_id, school_year
    having count(*) = count(total_usd)
),

differences as (
    select
        coalesce(ledgers.district_id, part_sums.district_id) as district_id,
        coalesce(ledgers.school_year, part_sums.school_year) as school_year,
        (ledgers.ledger_usd is distinct from part_sums.amount_usd) as is_off
    from ledgers
    full join part_sums
        on ledgers.district_id = part_sums.district_id and ledgers.school_year = part_sums.school_year
    union all
    select
        pools.district_id,
        pools.school_year,
        (pools.pool_usd is distinct from share_sums.allocated_usd) as is_off
    from conformed.int_spending__central_pool as pools
    left join share_sums
        on
            pools.district_id = share_sums.district_id
            and pools.school_year = share_sums.school_year
            and pools.allocation_pool = share_sums.allocation_pool
            and pools.source = share_sums.source
            and pools.object_class = share_sums.object_class
    where pools.is_allocated
    union all
    select district_id, school_year, (total_usd <> place_usd or total_usd <> object_usd) as is_off
    from schools
    where total_usd is not null
    union all
    select
        districts.district_id,
        districts.school_year,
        (districts.total_usd is distinct from lea.numerator) as is_off
    from districts
    inner join measures.measure_district_spending as lea
        on
            districts.district_id = lea.district_id
            and districts.school_year = lea.school_year
            and lea.metric_id = 'PPE.D01'
)

select
    district_id,
    'finance' as domain,
    school_year,
    count(*) as n_checked,
    count(*) filter (where is_off is distinct from false) as n_failed
from differences
group by district_id, school_year
