-- A day on which main enrolments of two districts claim a person counts in both of them, and once in the pool
-- (SS.A08). Both districts are told, from the first day of instruction on; rule Q12 tells of those that are
-- claimed for longer.
with stays as (
    select
        spans.district_id,
        spans.school_year,
        people.person_key,
        spans.school_id,
        spans.calendar_code,
        spans.entry_date,
        spans.last_date
    from conformed.fct_enrollment as spans
    inner join conformed.dim_student as people
        on
            spans.district_id = people.district_id
            and spans.school_year = people.school_year
            and spans.student_key = people.student_key
    where spans.is_primary and people.has_state_id
),

-- Nearly everybody is in one district: the others alone are looked at day by day.
movers as (
    select school_year, person_key
    from stays
    group by school_year, person_key
    having count(distinct district_id) > 1
),

moves as (
    select stays.*
    from stays
    inner join movers on stays.school_year = movers.school_year and stays.person_key = movers.person_key
),

claimed as (
    select one.district_id, one.school_year, one.person_key
    from moves as one
    inner join moves as other
        on
            one.school_year = other.school_year
            and one.person_key = other.person_key
            and one.district_id <> other.district_id
            and one.entry_date <= other.last_date
            and one.last_date >= other.entry_date
    inner join conformed.dim_calendar_day as day
        on
            one.district_id = day.district_id
            and one.school_year = day.school_year
            and one.school_id = day.school_id
            and one.calendar_code = day.calendar_code
            and day.is_instructional
            and day.calendar_date between one.entry_date and one.last_date
            and day.calendar_date between other.entry_date and other.last_date
    group by one.district_id, one.school_year, one.person_key
),

pupils as (
    select district_id, school_year, count(distinct person_key) as n_checked
    from stays
    group by district_id, school_year
)

select
    pupils.district_id,
    pupils.school_year,
    pupils.n_checked,
    count(claimed.person_key) as n_failed,
    'pupils whom another district claims too on a day of instruction: ' || count(claimed.person_key) as message
from pupils
left join claimed on pupils.district_id = claimed.district_id and pupils.school_year = claimed.school_year
group by pupils.district_id, pupils.school_year, pupils.n_checked
