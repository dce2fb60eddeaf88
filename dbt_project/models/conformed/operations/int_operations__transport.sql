-- In-house and contractors' cost together, always. Riders and buses are those of a day: of several days of counting the
-- mean. Yellow buses are the district's and its contractors'; vans and public transit count in all modes alone.
with months as (
    select
        *,
        mode in ('district_bus', 'contractor_bus') as is_bus,
        direct_cost_usd + indirect_cost_usd + contractor_cost_usd as cost_usd
    from {{ ref('stg_district__transport_monthly') }}
),

monthly as (
    select
        district_id,
        'district' as entity_type,
        district_id as entity_id,
        school_year,
        date_trunc('month', month) as month,
        'all' as breakdown,
        null as n,
        sum(cost_usd) as cost_usd,
        sum(case when is_bus then cost_usd else 0 end) as bus_cost_usd,
        sum(case when is_bus then miles else 0 end) as bus_miles,
        sum(miles) as miles,
        sum(preventable_accidents) as preventable_accidents,
        sum(runs) as runs,
        sum(runs - late_runs) as runs_on_time
    from months
    group by district_id, school_year, date_trunc('month', month)
),

counted as (
    select
        district_id,
        school_year,
        as_of,
        sum(avg_daily_riders) as riders,
        sum(case when mode in ('district_bus', 'contractor_bus') then avg_daily_riders end) as bus_riders,
        sum(case when mode in ('district_bus', 'contractor_bus') then buses end) as buses
    from {{ ref('stg_district__transport_routes') }}
    group by district_id, school_year, as_of
),

daily as (
    select
        district_id,
        'district' as entity_type,
        district_id as entity_id,
        school_year,
        cast(null as date) as month,
        'all' as breakdown,
        null as n,
        {{ rate('sum(riders)', 'count(riders)') }} as riders,
        {{ rate('sum(bus_riders)', 'count(bus_riders)') }} as bus_riders,
        {{ rate('sum(buses)', 'count(buses)') }} as buses
    from counted
    group by district_id, school_year
),

-- Pupils who are taught elsewhere and are driven there; what a placement does not say is not known.
placed as (
    select
        district_id,
        'district' as entity_type,
        district_id as entity_id,
        school_year,
        cast(null as date) as month,
        'all' as breakdown,
        count(distinct student_key) as n,
        {{ whole_sum('transport_cost_usd') }} as cost_usd,
        count(distinct student_key) as riders
    from {{ ref('stg_district__out_of_district') }}
    where coalesce(transport_cost_usd <> 0, true)
    group by district_id, school_year
)

{{ operations_inputs('monthly', {
    'transport_cost_usd': 'cost_usd',
    'transport_miles': 'miles',
    'bus_cost_usd': 'bus_cost_usd',
    'bus_miles': 'bus_miles',
    'preventable_accidents': 'preventable_accidents',
    'bus_runs': 'runs',
    'bus_runs_on_time': 'runs_on_time',
}) }}
union all
{{ operations_inputs('daily', {'daily_riders': 'riders', 'daily_bus_riders': 'bus_riders', 'daily_buses': 'buses'}) }}
union all
{{ operations_inputs(
    'placed', {'placement_transport_cost_usd': 'cost_usd', 'placement_riders': 'riders'}, 'finance'
) }}
