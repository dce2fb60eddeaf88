-- Nothing is added or lost: where a part cannot be placed, nothing is shown as moved. A year without a ledger has no
-- school to move money between, and one row that says so.
with scenarios as (
    select * from {{ source('collaborative', 'spending_scenarios') }}
),

schools as (
    select *, {{ sum_of_parts() }} as total_usd
    from {{ ref('int_spending__school') }}
),

pools as (
    select district_id, school_year, allocation_pool, sum(pool_usd) as pool_usd
    from {{ ref('int_spending__central_pool') }}
    group by district_id, school_year, allocation_pool
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
        wanted.district_id,
        wanted.school_year,
        coalesce(schools.school_id, '_all') as school_id,
        schools.adm,
        schools.total_usd,
        wanted.moved_usd,
        coalesce(sum(moved.usd) filter (where moved.side = 'taken'), 0) as taken_usd,
        coalesce(sum(moved.usd) filter (where moved.side = 'given'), 0) as given_usd
    from wanted
    left join schools on wanted.district_id = schools.district_id and wanted.school_year = schools.school_year
    left join {{ ref('int_spending__scenario_move') }} as moved
        on
            wanted.scenario = moved.scenario
            and schools.district_id = moved.district_id
            and schools.school_year = moved.school_year
            and schools.school_id = moved.school_id
    group by
        wanted.scenario, wanted.district_id, wanted.school_year, schools.school_id, schools.adm, schools.total_usd,
        wanted.moved_usd
),

judged as (
    select
        placed.*,
        case
            when placed.school_id = '_all' then 'no_ledger'
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
