-- What a pool gives or gets is shared to the cent by largest remainder, as the pool itself is; a school gives or gets
-- the whole amount. What cannot be shared has no row.
with scenarios as (
    select * from {{ source('collaborative', 'spending_scenarios') }}
),

pools as (
    select district_id, school_year, allocation_pool, any_value(allocation_driver) as driver
    from {{ ref('int_spending__central_pool') }}
    group by district_id, school_year, allocation_pool
),

sides as (
    select
        scenario, district_id, school_year, take_from, give_to, amount_usd, 'taken' as side,
        split_part(take_from, ':', 1) as kind, split_part(take_from, ':', 2) as place, cast(null as varchar) as driver
    from scenarios
    union all
    select
        scenario, district_id, school_year, take_from, give_to, amount_usd, 'given' as side,
        split_part(give_to, ':', 1) as kind, split_part(give_to, ':', 2) as place, driver
    from scenarios
),

shares as (
    select
        sides.*,
        weights.school_id,
        cast(sides.amount_usd * 100 as hugeint) as all_cents,
        cast(weights.weight * 10000000000 as hugeint) as share,
        cast(sum(weights.weight) over move * 10000000000 as hugeint) as shares
    from sides
    left join pools
        on
            sides.district_id = pools.district_id
            and sides.school_year = pools.school_year
            and sides.place = pools.allocation_pool
    inner join {{ ref('int_spending__allocation_weight') }} as weights
        on
            sides.district_id = weights.district_id
            and sides.school_year = weights.school_year
            and coalesce(sides.driver, pools.driver, 'adm') = weights.driver
    where sides.kind = 'pool'
    window
        move as (
            partition by
                sides.scenario, sides.district_id, sides.school_year, sides.take_from, sides.give_to, sides.side
        )
    qualify count(*) over move = count(weights.weight) over move and sum(weights.weight) over move > 0
),

whole_cents as (
    select
        *,
        all_cents * share // shares as cents,
        all_cents * share % shares as remainder
    from shares
),

ranked as (
    select
        *,
        all_cents - sum(cents) over move as cents_left,
        row_number() over (move order by remainder desc, school_id asc) as preference
    from whole_cents
    window move as (partition by scenario, district_id, school_year, take_from, give_to, side)
)

select
    district_id, scenario, school_year, school_id, side, take_from, give_to,
    cast(
        cast(cents + case when preference <= cents_left then 1 else 0 end as decimal(18, 0)) * 0.01
        as decimal(18, 2)
    ) as usd
from ranked
union all
select
    district_id, scenario, school_year, place as school_id, side, take_from, give_to,
    cast(amount_usd as decimal(18, 2)) as usd
from sides
where kind = 'school'
