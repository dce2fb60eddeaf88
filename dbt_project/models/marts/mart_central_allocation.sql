-- The pool is what was to be shared, not the sum of what was: a reader sees a cent that is lost.
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
    pools.pool_usd
from {{ ref('int_spending__central_allocation') }} as shares
left join {{ ref('int_spending__central_pool') }} as pools
    on
        shares.district_id = pools.district_id
        and shares.school_year = pools.school_year
        and shares.allocation_pool = pools.allocation_pool
        and shares.source = pools.source
        and shares.object_class = pools.object_class
left join {{ ref('dim_period') }} as periods on shares.school_year = periods.school_year and periods.period = 'year'
window
    pool as (
        partition by
            shares.district_id, shares.school_year, shares.allocation_pool, shares.source, shares.object_class
    )
