-- Pupils who could have eaten are those enrolled on the day, or on the month's last day of school, times the days of
-- serving. What is served while the school's calendar has no day of school, as in July or on a Saturday, nobody was
-- enrolled for: it costs and brings in, and is left out of participation, its meals and its days. A meal equivalent is
-- a lunch: two breakfasts of three, one snack of three, and what is sold beside them by what a free lunch brings in.
with meals as (
    select
        *,
        case when covers = 'month' then last_day(service_date) else service_date end as latest_day,
        case when covers = 'month' then date_trunc('month', service_date) else service_date end as earliest_day
    from {{ ref('stg_district__food_service') }}
),

school_days as (
    select
        meals.district_id, meals.school_year, meals.school_id, meals.service_date, meals.covers,
        max(days.calendar_date) as count_day
    from meals
    inner join {{ ref('dim_calendar_day') }} as days
        on
            meals.district_id = days.district_id
            and meals.school_year = days.school_year
            and meals.school_id = days.school_id
            and days.calendar_date between meals.earliest_day and meals.latest_day
    where days.is_instructional
    group by meals.district_id, meals.school_year, meals.school_id, meals.service_date, meals.covers
),

spans as (
    select district_id, school_year, school_id, entry_date, last_date, count(distinct student_key) as n_pupils
    from {{ ref('fct_enrollment') }}
    where is_primary
    group by district_id, school_year, school_id, entry_date, last_date
),

enrolled as (
    select
        days.district_id, days.school_year, days.school_id, days.service_date, days.covers,
        sum(spans.n_pupils) as n_pupils
    from school_days as days
    left join spans
        on
            days.district_id = spans.district_id
            and days.school_year = spans.school_year
            and days.school_id = spans.school_id
            and days.count_day between spans.entry_date and spans.last_date
    group by days.district_id, days.school_year, days.school_id, days.service_date, days.covers
),

calendars as (
    select district_id, school_year, school_id
    from {{ ref('dim_calendar_day') }}
    where is_instructional
    group by district_id, school_year, school_id
),

attendance as (
    select district_id, school_year, entity_id as school_id, value as rate_of_year
    from {{ ref('measure_attendance') }}
    where metric_id = 'SS.A03' and entity_type = 'school' and period = 'year' and subgroup = 'all'
),

services as (
    select
        meals.*,
        calendars.school_id is not null and enrolled.school_id is null as is_outside_of_school,
        enrolled.n_pupils * meals.serving_days as meal_days,
        cast(enrolled.n_pupils * meals.serving_days * attendance.rate_of_year as decimal(38, 6)) as meal_days_attended,
        meals.lunches + {{ rate('(2 * meals.breakfasts + meals.snacks)', 3) }} + case
            when meals.a_la_carte_usd = 0 then 0
            else {{ rate('meals.a_la_carte_usd', '(rates.free_lunch_usd + rates.usda_foods_usd)') }}
        end as meal_equivalents,
        meals.food_usd + meals.commodity_usd as food_cost_usd,
        meals.labor_usd + meals.labor_benefits_usd as labor_cost_usd,
        meals.food_usd + meals.commodity_usd + meals.labor_usd + meals.labor_benefits_usd + meals.other_usd as cost_usd
    from meals
    left join enrolled
        on
            meals.district_id = enrolled.district_id
            and meals.school_year = enrolled.school_year
            and meals.school_id = enrolled.school_id
            and meals.service_date = enrolled.service_date
            and meals.covers = enrolled.covers
    left join calendars
        on
            meals.district_id = calendars.district_id
            and meals.school_year = calendars.school_year
            and meals.school_id = calendars.school_id
    left join attendance
        on
            meals.district_id = attendance.district_id
            and meals.school_year = attendance.school_year
            and meals.school_id = attendance.school_id
    left join {{ source('collaborative', 'meal_rates') }} as rates on meals.school_year = rates.school_year
),

monthly as (
    select
        district_id,
        case when school_id is null then 'district' else 'school' end as entity_type,
        coalesce(school_id, district_id) as entity_id,
        school_year,
        date_trunc('month', service_date) as month,
        'all' as breakdown,
        null as n,
        sum(case when is_outside_of_school then 0 else lunches end) as lunches,
        sum(case when is_outside_of_school then 0 else breakfasts end) as breakfasts,
        {{ whole_sum('case when is_outside_of_school then 0 else meal_days end') }} as meal_days,
        {{ whole_sum('case when is_outside_of_school then 0 else meal_days_attended end') }} as meal_days_attended,
        {{ whole_sum('meal_equivalents') }} as meal_equivalents,
        {{ whole_sum('labor_hours') }} as labor_hours,
        {{ whole_sum('food_cost_usd') }} as food_cost_usd,
        {{ whole_sum('labor_cost_usd') }} as labor_cost_usd,
        {{ whole_sum('cost_usd') }} as cost_usd,
        {{ whole_sum('revenue_usd') }} as revenue_usd
    from services
    group by grouping sets (
        (district_id, school_year, school_id, date_trunc('month', service_date)),
        (district_id, school_year, date_trunc('month', service_date))
    )
),

yearly as (
    select
        district_id,
        entity_type,
        entity_id,
        school_year,
        cast(null as date) as month,
        breakdown,
        null as n,
        {{ rate(whole_sum('cost_usd'), 'count(*)') }} as cost_of_a_month_usd
    from monthly
    where entity_type = 'district'
    group by district_id, entity_type, entity_id, school_year, breakdown
)

{{ operations_inputs('monthly', {
    'lunches': 'lunches',
    'breakfasts': 'breakfasts',
    'meal_days': 'meal_days',
    'meal_days_attended': 'meal_days_attended',
    'meal_equivalents': 'meal_equivalents',
    'meal_labor_hours': 'labor_hours',
    'meal_food_cost_usd': 'food_cost_usd',
    'meal_labor_cost_usd': 'labor_cost_usd',
    'meal_cost_usd': 'cost_usd',
    'meal_revenue_usd': 'revenue_usd',
}) }}
union all
{{ operations_inputs('yearly', {'meal_cost_of_a_month_usd': 'cost_of_a_month_usd'}) }}
