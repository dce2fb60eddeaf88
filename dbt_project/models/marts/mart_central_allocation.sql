select
    shares.district_id,
    periods.fiscal_year,
    shares.allocation_pool,
    shares.source,
    shares.object_class,
    shares.school_id,
    shares.allocation_driver,
    cast(shares.weight as decimal(38, 10)) as weight,
    cast(sum(shares.weight) over pool as decimal(38, 10)) as pool_weight,
    shares.allocated_usd,
    cast(sum(shares.allocated_usd) over pool as decimal(18, 2)) as pool_usd
from {{ ref('int_spending__central_allocation') }} as shares
left join {{ ref('dim_period') }} as periods on shares.school_year = periods.school_year and periods.period = 'year'
window
    pool as (
        partition by
            shares.district_id, shares.school_year, shares.allocation_pool, shares.source, shares.object_class
    )
