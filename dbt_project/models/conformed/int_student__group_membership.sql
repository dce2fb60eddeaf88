-- Membership of a group is summed as that of all pupils is (measure_attendance): over calendars, each with its own days
-- in session. A group that nobody of the district belongs to cannot be told from one that was never sent: it has no
-- rows. A known group has a row for each school, with zero where nobody of the school belongs to it.
with pupils as (
    select district_id, school_year, school_id, calendar_code, days_in_session, student_key, days_enrolled
    from {{ ref('measure_student_attendance') }}
    where {{ in_build_scope('measure_student_attendance') }}
),

members as (
    select district_id, school_year, student_key, subgroup from {{ ref('brg_student_subgroup') }}
    where
        subgroup in ('low_income', 'english_learner', 'students_with_disabilities')
        and {{ in_build_scope('brg_student_subgroup') }}
),

-- Who is in any of the three has high needs, which is known where all three are.
grouped as (
    select * from members
    union all
    select district_id, school_year, student_key, 'high_needs' as subgroup
    from members
    group by district_id, school_year, student_key
),

named as (
    select district_id, school_year, subgroup from grouped group by district_id, school_year, subgroup
),

known_groups as (
    select district_id, school_year, subgroup
    from named
    qualify subgroup <> 'high_needs' or count(*) over (partition by district_id, school_year) = 4
),

calendars as (
    select district_id, school_year, school_id, calendar_code, days_in_session
    from pupils
    group by district_id, school_year, school_id, calendar_code, days_in_session
),

days as (
    select
        pupils.district_id,
        pupils.school_year,
        pupils.school_id,
        pupils.calendar_code,
        grouped.subgroup,
        cast(sum(pupils.days_enrolled) as decimal(38, 6)) as days_enrolled
    from pupils
    inner join grouped
        on
            pupils.district_id = grouped.district_id
            and pupils.school_year = grouped.school_year
            and pupils.student_key = grouped.student_key
    group by pupils.district_id, pupils.school_year, pupils.school_id, pupils.calendar_code, grouped.subgroup
),

memberships as (
    select
        calendars.district_id,
        calendars.school_year,
        calendars.school_id,
        known_groups.subgroup,
        {{ rate('coalesce(days.days_enrolled, 0)', 'calendars.days_in_session') }} as adm
    from calendars
    inner join known_groups
        on calendars.district_id = known_groups.district_id and calendars.school_year = known_groups.school_year
    left join days
        on
            calendars.district_id = days.district_id
            and calendars.school_year = days.school_year
            and calendars.school_id = days.school_id
            and calendars.calendar_code = days.calendar_code
            and known_groups.subgroup = days.subgroup
)

select
    district_id,
    school_year,
    school_id,
    subgroup,
    cast(sum(adm) as decimal(38, 10)) as adm
from memberships
group by district_id, school_year, school_id, subgroup
