-- Full-time equivalents are days of assignment over the days from the first day of school to the last, so that ten
-- months are a whole post; without a calendar over the days of the year. Seats are counted as of the last count that
-- is not after the first day of school; one is empty when nobody fills any part of it. Leaves longer than a threshold's
-- days are shown apart.
with school_years as (
    select district_id, school_year, min(calendar_date) as first_day, max(calendar_date) as last_day
    from {{ ref('dim_calendar_day') }}
    where is_instructional
    group by district_id, school_year
),

posts as (
    select
        staff.district_id,
        staff.school_year,
        staff.staff_key,
        staff.role,
        staff.fte,
        staff.begin_date,
        staff.end_date,
        coalesce(school_years.first_day, years.starts_on) as first_day,
        coalesce(school_years.last_day, years.ends_on) as last_day
    from {{ ref('stg_district__staff_assignments') }} as staff
    inner join {{ ref('dim_period') }} as years on staff.school_year = years.school_year and years.period = 'year'
    left join school_years
        on staff.district_id = school_years.district_id and staff.school_year = school_years.school_year
),

assignments as (
    select
        *,
        {{ days_between('first_day', 'last_day') }} + 1 as n_days,
        fte * greatest(
            {{ days_between('greatest(begin_date, first_day)', 'least(coalesce(end_date, last_day), last_day)') }} + 1,
            0
        ) as fte_days
    from posts
),

staffed as (
    select
        district_id, 'district' as entity_type, district_id as entity_id, school_year, cast(null as date) as month,
        'all' as breakdown,
        count(distinct staff_key) as n,
        {{ rate('sum(fte_days)', 'any_value(n_days)') }} as fte,
        {{ rate("coalesce(sum(case when role = 'teacher' then fte_days end), 0)", 'any_value(n_days)') }}
            as teacher_fte,
        {{ rate("coalesce(sum(case when role = 'custodian' then fte_days end), 0)", 'any_value(n_days)') }}
            as custodian_fte
    from assignments
    where fte_days > 0
    group by district_id, school_year
),

counts as (
    select
        seats.*,
        max(seats.as_of) over (partition by seats.district_id, seats.school_year) as last_count
    from {{ ref('stg_district__positions') }} as seats
    inner join school_years
        on
            seats.district_id = school_years.district_id
            and seats.school_year = school_years.school_year
            and seats.as_of <= school_years.first_day
    where seats.role = 'teacher'
),

seats as (
    select
        district_id, 'district' as entity_type, district_id as entity_id, school_year, cast(null as date) as month,
        'all' as breakdown,
        null as n,
        count(*) as positions,
        count(*) filter (where filled_fte = 0) as vacant_positions,
        sum(budgeted_fte) as budgeted_fte,
        sum(greatest(budgeted_fte - filled_fte, 0)) as vacant_fte
    from counts
    where as_of = last_count and budgeted_fte > 0
    group by district_id, school_year
),

teachers as (
    select district_id, school_year, staff_key from assignments
    where role = 'teacher'
    group by district_id, school_year, staff_key
),

absences as (
    select
        absences.*,
        teachers.staff_key is not null and absences.reason in ('sick', 'personal') as counts,
        absences.days > leaves.value as is_long
    from {{ ref('stg_district__staff_absences') }} as absences
    left join teachers
        on
            absences.district_id = teachers.district_id
            and absences.school_year = teachers.school_year
            and absences.staff_key = teachers.staff_key
    cross join {{ source('collaborative', 'thresholds') }} as leaves
    where leaves.threshold = 'long_leave_days'
),

absent as (
    select
        district_id, 'district' as entity_type, district_id as entity_id, school_year, cast(null as date) as month,
        case when is_long then 'length=long' else 'all' end as breakdown,
        count(distinct staff_key) as n,
        sum(days) as days
    from absences
    where counts
    group by district_id, school_year, case when is_long then 'length=long' else 'all' end
),

requests as (
    select
        district_id, 'district' as entity_type, district_id as entity_id, school_year,
        date_trunc('month', absence_date) as month,
        'all' as breakdown,
        null as n,
        count(*) as requests,
        {{ whole_sum('cast(sub_filled as integer)') }} as filled
    from absences
    where sub_requested
    group by district_id, school_year, date_trunc('month', absence_date)
)

{{ operations_inputs('staffed', {
    'staff_fte': 'fte', 'teacher_fte': 'teacher_fte', 'custodian_fte': 'custodian_fte'
}, 'staff') }}
union all
{{ operations_inputs('seats', {
    'teacher_positions': 'positions',
    'vacant_teacher_positions': 'vacant_positions',
    'budgeted_teacher_fte': 'budgeted_fte',
    'vacant_teacher_fte': 'vacant_fte',
}, 'staff') }}
union all
{{ operations_inputs('absent', {'teacher_absence_days': 'days'}, 'staff') }}
union all
{{ operations_inputs('requests', {'substitutes_requested': 'requests', 'substitutes_found': 'filled'}, 'staff') }}
