-- What a pool gives or gets is shared to the cent by largest remainder, as the pool itself is; a school gives or gets
-- the whole amount. Nothing is added or lost: where a part cannot be placed, nothing is shown as moved.
with scenarios as (
    select * from {{ source('collaborative', 'spending_scenarios') }}
),

schools as (
    select *, {{ sum_of_parts() }} as total_usd
    from {{ ref('int_spending__school') }}
),

pools as (
    select
        district_id,
        school_year,
        allocation_pool,
        any_value(allocation_driver) as driver,
        sum(pool_usd) as pool_usd
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
),

moved as (
    select
        scenario, district_id, school_year, school_id, side,
        cast(
            cast(cents + case when preference <= cents_left then 1 else 0 end as decimal(18, 0)) * 0.01
            as decimal(18, 2)
        ) as usd
    from ranked
    union all
    select scenario, district_id, school_year, place as school_id, side, cast(amount_usd as decimal(18, 2)) as usd
    from sides
    where kind = 'school'
),

there as (
    select district_id, school_year, 'school:' || school_id as place, total_usd as usd from schools
    union all
    select district_id, school_year, 'pool:' || allocation_pool as place, pool_usd as usd from pools
),

short as (
    select scenarios.scenario, scenarios.district_id, scenarios.school_year
    from scenarios
    left join there
        on
            scenarios.district_id = there.district_id
            and scenarios.school_year = there.school_year
            and scenarios.take_from = there.place
    group by scenarios.scenario, scenarios.district_id, scenarios.school_year, scenarios.take_from
    having coalesce(sum(scenarios.amount_usd) > any_value(there.usd), true)
),

wanted as (
    select scenario, district_id, school_year, cast(sum(amount_usd) as decimal(18, 2)) as moved_usd
    from scenarios
    group by scenario, district_id, school_year
),

placed as (
    select
        wanted.scenario,
        schools.district_id,
        schools.school_year,
        schools.school_id,
        schools.adm,
        schools.total_usd,
        wanted.moved_usd,
        coalesce(sum(moved.usd) filter (where moved.side = 'taken'), 0) as taken_usd,
        coalesce(sum(moved.usd) filter (where moved.side = 'given'), 0) as given_usd
    from wanted
    inner join schools on wanted.district_id = schools.district_id and wanted.school_year = schools.school_year
    left join moved
        on
            wanted.scenario = moved.scenario
            and schools.district_id = moved.district_id
            and schools.school_year = moved.school_year
            and schools.school_id = moved.school_id
    group by
        wanted.scenario, schools.district_id, schools.school_year, schools.school_id, schools.adm, schools.total_usd,
        wanted.moved_usd
),

judged as (
    select
        placed.*,
        case
            when count(*) over whole > count(placed.total_usd) over whole then 'spending_unknown'
            when short.scenario is not null then 'not_there_to_take'
            when
                sum(placed.taken_usd) over whole <> placed.moved_usd
                or sum(placed.given_usd) over whole <> placed.moved_usd
                then 'cannot_be_shared'
            else 'computed'
        end as scenario_status
    from placed
    left join short
        on
            placed.scenario = short.scenario
            and placed.district_id = short.district_id
            and placed.school_year = short.school_year
    window whole as (partition by placed.scenario, placed.district_id, placed.school_year)
),

outcomes as (
    select
        *,
        case when scenario_status = 'computed' then total_usd - taken_usd + given_usd end as after_usd
    from judged
)

select
    outcomes.district_id,
    outcomes.scenario,
    outcomes.school_year,
    outcomes.school_id,
    names.school_name,
    outcomes.adm,
    cast(outcomes.moved_usd as decimal(18, 2)) as moved_usd,
    cast(outcomes.total_usd as decimal(18, 2)) as before_usd,
    cast(case when outcomes.scenario_status = 'computed' then outcomes.taken_usd end as decimal(18, 2)) as taken_usd,
    cast(case when outcomes.scenario_status = 'computed' then outcomes.given_usd end as decimal(18, 2)) as given_usd,
    cast(outcomes.after_usd as decimal(18, 2)) as after_usd,
    {{ rate('outcomes.total_usd', 'outcomes.adm') }} as before_ppe_usd,
    {{ rate('outcomes.after_usd', 'outcomes.adm') }} as after_ppe_usd,
    {{ rate('(outcomes.after_usd - outcomes.total_usd)', 'outcomes.adm') }} as change_ppe_usd,
    metrics.evidence,
    outcomes.scenario_status
from outcomes
inner join {{ ref('dim_metric') }} as metrics on metrics.metric_id = 'PPE.S05'
left join {{ ref('dim_school') }} as names
    on outcomes.district_id = names.district_id and outcomes.school_id = names.school_id
