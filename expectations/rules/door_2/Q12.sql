-- Whoever leaves a district during the year enters another of the collaborative, save for a share that moves away; and
-- nobody is enrolled in two of them for more than some days. Only pupils with a state id can be found elsewhere.
with limits as (
    select
        max(value) filter (where threshold = 'simultaneous_enrollment_days') as both_days,
        max(value) filter (where threshold = 'left_without_entry_share') as left_share
    from collaborative.thresholds
),

calendars as (
    select district_id, school_year, max(calendar_date) as last_date
    from conformed.dim_calendar_day
    group by district_id, school_year
),

stays as (
    select
        spans.district_id,
        spans.school_year,
        people.person_key,
        min(spans.entry_date) as entry_date,
        max(spans.last_date) as last_date
    from conformed.fct_enrollment as spans
    inner join conformed.dim_student as people
        on
            spans.district_id = people.district_id
            and spans.school_year = people.school_year
            and spans.student_key = people.student_key
    where spans.is_primary and people.has_state_id
    group by spans.district_id, spans.school_year, people.person_key
),

people as (
    select school_year, person_key, max(last_date) as last_date, count(*) as n_districts
    from stays
    group by school_year, person_key
),

pupils as (
    select
        stays.district_id,
        count(*) as n_checked,
        count(*) filter (where stays.last_date < calendars.last_date and stays.last_date = people.last_date) as n_left
    from stays
    inner join people on stays.school_year = people.school_year and stays.person_key = people.person_key
    left join calendars on stays.district_id = calendars.district_id and stays.school_year = calendars.school_year
    group by stays.district_id
),

movers as (
    select stays.*, least(stays.last_date, calendars.last_date) as last_day
    from stays
    inner join people on stays.school_year = people.school_year and stays.person_key = people.person_key
    left join calendars on stays.district_id = calendars.district_id and stays.school_year = calendars.school_year
    where people.n_districts > 1
),

twice as (
    select one.district_id, count(*) as n_twice
    from movers as one
    inner join movers as other
        on
            one.school_year = other.school_year
            and one.person_key = other.person_key
            and one.district_id <> other.district_id
    cross join limits
    where
        least(one.last_day, other.last_day) - greatest(one.entry_date, other.entry_date) + 1
        > coalesce(limits.both_days, 0)
    group by one.district_id
)

select
    pupils.district_id,
    pupils.n_checked,
    case when pupils.n_left <= pupils.n_checked * coalesce(limits.left_share, 0) then 0 else pupils.n_left end
    + coalesce(twice.n_twice, 0) as n_failed
from pupils
cross join limits
left join twice on pupils.district_id = twice.district_id
