-- All of a district's central cost is shared among its schools, or none: a part of it would look like the whole.
with pools as (
    select
        district_id,
        school_year,
        allocation_pool,
        source,
        source_group,
        object_class,
        cast(sum(amount_usd) as decimal(18, 2)) as pool_usd
    from {{ ref('int_spending__account') }}
    where placement = 'central'
    group by district_id, school_year, allocation_pool, source, source_group, object_class
),

driven as (
    select pools.*, coalesce(drivers.driver, 'adm') as allocation_driver
    from pools
    left join {{ source('collaborative', 'allocation_drivers') }} as drivers
        on
            pools.allocation_pool = drivers.allocation_pool
            and pools.school_year between coalesce(drivers.from_school_year, 0)
            and coalesce(drivers.to_school_year, 9999)
),

shareable as (
    select district_id, school_year, driver
    from {{ ref('int_spending__allocation_weight') }}
    group by district_id, school_year, driver
    having count(*) = count(weight) and sum(weight) > 0
)

select
    driven.district_id,
    driven.school_year,
    driven.allocation_pool,
    driven.source,
    driven.source_group,
    driven.object_class,
    driven.allocation_driver,
    driven.pool_usd,
    count(shareable.driver) over whole_district = count(*) over whole_district as is_allocated
from driven
left join shareable
    on
        driven.district_id = shareable.district_id
        and driven.school_year = shareable.school_year
        and driven.allocation_driver = shareable.driver
window whole_district as (partition by driven.district_id, driven.school_year)
