-- Full-time equivalents are days of assignment over the days of the year. In the field is a teacher (over all
-- assignments in the district), licensed are the days on which a full licence holds. Of a teacher who is not known
-- neither is the school's share, nor the district's; a district that says nothing of it at all has none.
with years as (
    select school_year, starts_on, ends_on, {{ days_between('starts_on', 'ends_on') }} + 1 as n_days
    from {{ ref('dim_period') }}
    where period = 'year'
),

assignments as (
    select
        staff.district_id,
        staff.school_year,
        staff.school_id,
        staff.staff_key,
        staff.fte,
        staff.in_field,
        years.n_days,
        greatest(staff.begin_date, years.starts_on) as first_day,
        least(coalesce(staff.end_date, years.ends_on), years.ends_on) as last_day
    from {{ ref('stg_district__staff_assignments') }} as staff
    inner join years on staff.school_year = years.school_year
    where staff.role = 'teacher' and {{ in_build_scope('staff') }}
),

teachers as (
    select *, cast(fte * ({{ days_between('first_day', 'last_day') }} + 1) as decimal(38, 6)) as fte_days
    from assignments
    where first_day <= last_day
),

in_field as (
    select
        teachers.district_id,
        teachers.school_year,
        teachers.staff_key,
        case
            when count(*) = count(teachers.in_field)
                then
                    coalesce(sum(case when teachers.in_field then teachers.fte_days end), 0)
                    >= any_value(shares.share) * sum(teachers.fte_days)
        end as is_in_field
    from teachers
    inner join {{ source('collaborative', 'in_field_shares') }} as shares on teachers.school_year = shares.school_year
    group by teachers.district_id, teachers.school_year, teachers.staff_key
),

seats as (
    select
        teachers.*,
        in_field.is_in_field,
        types.is_full and not coalesce(people.waiver, false) as is_licensed,
        greatest(teachers.first_day, coalesce(people.licence_begin, teachers.first_day)) as licensed_from,
        least(teachers.last_day, coalesce(people.licence_end, teachers.last_day)) as licensed_to
    from teachers
    left join in_field
        on
            teachers.district_id = in_field.district_id
            and teachers.school_year = in_field.school_year
            and teachers.staff_key = in_field.staff_key
    left join {{ ref('stg_district__staff') }} as people
        on
            teachers.district_id = people.district_id
            and teachers.school_year = people.school_year
            and teachers.staff_key = people.staff_key
    left join {{ source('collaborative', 'licence_types') }} as types on people.licence_type = types.licence_type
),

parts as (
    select
        *, 'ST.07' as metric_id, 'in_field' as variant,
        case when is_in_field then fte_days when not is_in_field then 0 end as counted_days
    from seats
    union all
    select
        *, 'ST.08' as metric_id, 'licensed' as variant,
        case
            when is_licensed then fte * greatest({{ days_between('licensed_from', 'licensed_to') }} + 1, 0)
            when not is_licensed then 0
        end as counted_days
    from seats
),

known as (
    select *, count(counted_days) over (partition by district_id, school_year, metric_id) as n_known from parts
),

sums as (
    select
        district_id,
        school_year,
        school_id,
        metric_id,
        variant,
        any_value(n_days) as n_days,
        sum(fte_days) as fte_days,
        cast(case when count(*) = count(counted_days) then sum(counted_days) end as decimal(38, 6)) as counted_days
    from known
    where n_known > 0
    group by grouping sets (
        (district_id, school_year, school_id, metric_id, variant), (district_id, school_year, metric_id, variant)
    )
)

select
    district_id,
    {{ school_or_district() }},
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    metric_id,
    variant,
    {{ fte_share_columns('counted_days') }}
from sums
