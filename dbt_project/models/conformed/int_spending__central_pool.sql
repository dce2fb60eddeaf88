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

drivers as (
    select
        district_id,
        allocation_pool,
        driver,
        coalesce(from_school_year, 0) as first_year,
        coalesce(to_school_year, 9999) as last_year
    from {{ source('collaborative', 'allocation_drivers') }}
),

-- A district's own driver wins over everybody's, in the years in which it has one.
driven as (
    select pools.*, coalesce(own.driver, common.driver, 'adm') as allocation_driver
    from pools
    left join drivers as own
        on
            pools.district_id = own.district_id
            and pools.allocation_pool = own.allocation_pool
            and pools.school_year between own.first_year and own.last_year
    left join (select * from drivers where district_id is null) as common
        on
            pools.allocation_pool = common.allocation_pool
            and pools.school_year between common.first_year and common.last_year
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
    min(case when shareable.driver is null then driven.allocation_driver end) over whole_district as unknown_driver,
    count(shareable.driver) over whole_district = count(*) over whole_district as is_allocated
from driven
left join shareable
    on
        driven.district_id = shareable.district_id
        and driven.school_year = shareable.school_year
        and driven.allocation_driver = shareable.driver
window whole_district as (partition by driven.district_id, driven.school_year)
