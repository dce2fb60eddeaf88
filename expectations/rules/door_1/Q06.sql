-- A day of attendance is a day of instruction of its school, a pupil has one category a day, whatever the school, and
-- misses no more than the day has. (A day outside the pupil's enrolment is an orphan: rule Q04.)
with attendance as not materialized (
    select * from candidate.attendance
),

rows_at_fault as (
    select
        district_id,
        school_year,
        domain,
        count(*) as n_checked,
        count(*) filter (where absent_minutes not between 0 and day_minutes) as n_impossible,
        count(*) filter (
            where
            (district_id, school_year, school_id, date) not in (
                select day.district_id, day.school_year, day.school_id, day.date
                from candidate.calendar as day
                where day.is_instructional
            )
        ) as n_off_calendar
    from attendance
    group by district_id, school_year, domain
),

-- One bit for each day: a pupil with more rows than bits has two rows on one of them.
pupils as (
    select
        district_id,
        school_year,
        domain,
        count(*) - bit_count(bitstring_agg(date - make_date(school_year - 1, 1, 1), 0, 731)) as n_doubled
    from attendance
    where date between make_date(school_year - 1, 1, 1) and make_date(school_year, 12, 31)
    group by district_id, school_year, domain, student_key
),

doubled as (
    select district_id, school_year, domain, sum(n_doubled) as n_doubled
    from pupils
    group by district_id, school_year, domain
),

tolerance as (
    select value as off_calendar_share
    from candidate.thresholds
    where threshold = 'attendance_off_calendar_share'
)

select
    rows_at_fault.district_id,
    rows_at_fault.school_year,
    rows_at_fault.domain,
    rows_at_fault.n_checked,
    rows_at_fault.n_impossible + coalesce(doubled.n_doubled, 0)
    + case
        when rows_at_fault.n_off_calendar <= rows_at_fault.n_checked * coalesce(tolerance.off_calendar_share, 0) then 0
        else rows_at_fault.n_off_calendar
    end as n_failed
from rows_at_fault
left join tolerance on true
left join doubled
    on
        rows_at_fault.district_id = doubled.district_id
        and rows_at_fault.school_year = doubled.school_year
        and rows_at_fault.domain = doubled.domain
