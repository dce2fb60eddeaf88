-- A school with pupils whose weight nobody gave, or whose pupils nobody counted, has an unknown weight, not none.
with membership as (
    select * from {{ ref('int_spending__membership') }}
),

given as (
    select district_id, school_year, driver, school_id, weight
    from {{ source('collaborative', 'allocation_weights') }}
),

drivers as (
    select district_id, school_year, driver from given group by district_id, school_year, driver
),

weights as (
    select district_id, school_year, 'adm' as driver, school_id, adm_weight as weight from membership
    union all
    select district_id, school_year, driver, school_id, cast(weight as decimal(38, 10)) as weight from given
    union all
    select district_id, school_year, driver, school_id, weight from {{ ref('int_spending__counted_weight') }}
    union all
    select drivers.district_id, drivers.school_year, drivers.driver, membership.school_id, null as weight
    from drivers
    inner join membership
        on drivers.district_id = membership.district_id and drivers.school_year = membership.school_year
    where
        membership.adm is distinct from 0
        and not exists (
            select 1 from given
            where
                given.district_id = drivers.district_id
                and given.school_year = drivers.school_year
                and given.driver = drivers.driver
                and given.school_id = membership.school_id
        )
)

select
    district_id,
    school_year,
    driver,
    school_id,
    weight
from weights
