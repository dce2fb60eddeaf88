-- Only drivers that a pool or a scenario of the district follows that year are counted, and only schools with pupils
-- take part. What an extract says nothing of is unknown, but for a school that no bus serves where every route names
-- its school: the list of routes is complete, and one without a school may serve any.
with schools as (
    select district_id, school_year, school_id from {{ ref('int_spending__membership') }}
    where adm is distinct from 0 and {{ in_build_scope('int_spending__membership') }}
),

drivers as (
    select district_id, driver, from_school_year, to_school_year
    from {{ source('collaborative', 'allocation_drivers') }}
    union all
    select district_id, driver, school_year as from_school_year, school_year as to_school_year
    from {{ source('collaborative', 'spending_scenarios') }}
),

used as (
    select schools.district_id, schools.school_year, schools.school_id, drivers.driver
    from schools
    cross join drivers
    where
        coalesce(drivers.district_id, schools.district_id) = schools.district_id
        and schools.school_year between coalesce(drivers.from_school_year, 0) and coalesce(drivers.to_school_year, 9999)
    group by schools.district_id, schools.school_year, schools.school_id, drivers.driver
),

routes as (
    select
        district_id,
        school_year,
        school_id,
        {{ rate('sum(avg_daily_riders)', 'count(*)') }} as riders
    from {{ ref('stg_district__transport_routes') }}
    where {{ in_build_scope('stg_district__transport_routes') }}
    group by district_id, school_year, school_id, route_id
),

-- Of a month that was sent as a whole and day by day, the whole counts.
months as (
    select
        district_id,
        school_year,
        school_id,
        coalesce(
            sum(breakfasts + lunches) filter (where covers = 'month'),
            sum(breakfasts + lunches) filter (where covers = 'day')
        ) as meals
    from {{ ref('stg_district__food_service') }}
    where {{ in_build_scope('stg_district__food_service') }}
    group by district_id, school_year, school_id, date_trunc('month', service_date)
),

years as (
    select school_year, starts_on, ends_on, {{ days_between('starts_on', 'ends_on') }} + 1 as n_days
    from {{ ref('dim_period') }}
    where period = 'year'
),

assignments as (
    select
        staff.*,
        years.n_days,
        staff.fte * greatest(
            {{ days_between('greatest(staff.begin_date, years.starts_on)',
                            'least(coalesce(staff.end_date, years.ends_on), years.ends_on)') }} + 1, 0
        ) as fte_days
    from {{ ref('stg_district__staff_assignments') }} as staff
    inner join years on staff.school_year = years.school_year
    where {{ in_build_scope('staff') }}
),

counts as (
    select district_id, school_year, school_id, 'swd' as driver, adm as weight
    from {{ ref('int_student__group_membership') }}
    where subgroup = 'students_with_disabilities' and {{ in_build_scope('int_student__group_membership') }}
    union all
    select district_id, school_year, school_id, 'sqft' as driver, cast(sum(sqft) as decimal(38, 10)) as weight
    from {{ ref('stg_district__buildings') }}
    where {{ in_build_scope('stg_district__buildings') }}
    group by district_id, school_year, school_id
    union all
    select district_id, school_year, school_id, 'riders' as driver, sum(riders) as weight
    from routes
    group by district_id, school_year, school_id
    union all
    select district_id, school_year, school_id, 'meals' as driver, cast(sum(meals) as decimal(38, 10)) as weight
    from months
    group by district_id, school_year, school_id
    union all
    select
        district_id, school_year, school_id, 'staff_fte' as driver,
        {{ rate('sum(fte_days)', 'any_value(n_days)') }} as weight
    from assignments
    group by district_id, school_year, school_id
    union all
    select
        district_id, school_year, school_id, 'teacher_fte' as driver,
        {{ rate('sum(fte_days)', 'any_value(n_days)') }} as weight
    from assignments
    where role = 'teacher'
    group by district_id, school_year, school_id
    union all
    select district_id, school_year, school_id, 'salaries' as driver, cast(sum(amount_usd) as decimal(38, 10)) as weight
    from {{ ref('int_spending__account') }}
    where placement = 'site' and is_salary and {{ in_build_scope('int_spending__account') }}
    group by district_id, school_year, school_id
),

sent as (
    select district_id, school_year, driver, bool_and(school_id is not null) as names_schools
    from counts
    group by district_id, school_year, driver
)

select
    used.district_id,
    used.school_year,
    used.driver,
    used.school_id,
    case
        when counts.weight >= 0 then counts.weight
        when counts.school_id is null and used.driver = 'riders' and sent.names_schools then cast(0 as decimal(38, 10))
    end as weight
from used
inner join sent
    on used.district_id = sent.district_id and used.school_year = sent.school_year and used.driver = sent.driver
left join counts
    on
        used.district_id = counts.district_id
        and used.school_year = counts.school_year
        and used.school_id = counts.school_id
        and used.driver = counts.driver
