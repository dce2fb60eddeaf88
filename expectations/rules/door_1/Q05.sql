-- A pupil is at one school at a time: spans at one school do not overlap, and at two only where one of them is not the
-- main school. A span does not end before it begins, and lies within the district's calendar or close to it (pupils
-- are entered in summer). Pupils of a single span, nearly all, are compared with nobody.
with limits as (
    select max(value) filter (where threshold = 'enrollment_slack_days') as slack_days
    from candidate.thresholds
),

calendars as (
    select district_id, school_year, min(date) as first_date, max(date) as last_date
    from candidate.calendar
    group by district_id, school_year
),

spans as (
    select *, coalesce(exit_date, date '9999-12-31') as last_date
    from candidate.enrollments
),

movers as (
    select district_id, school_year, student_key
    from spans
    group by district_id, school_year, student_key
    having count(*) > 1
),

moves as (
    select spans.*
    from spans
    inner join movers
        on
            spans.district_id = movers.district_id
            and spans.school_year = movers.school_year
            and spans.student_key = movers.student_key
),

overlapping as (
    select one.district_id, one.school_year, one.domain, count(*) as n_failed
    from moves as one
    inner join moves as other
        on
            one.district_id = other.district_id
            and one.school_year = other.school_year
            and one.student_key = other.student_key
            and (one.entry_date, one.school_id) < (other.entry_date, other.school_id)
            and one.last_date >= other.entry_date
    where one.school_id = other.school_id or (one.is_primary and other.is_primary)
    group by one.district_id, one.school_year, one.domain
),

impossible as (
    select
        spans.district_id,
        spans.school_year,
        spans.domain,
        count(*) as n_checked,
        -- without a limit or a calendar no span is close enough
        count(*) filter (
            where
            spans.exit_date < spans.entry_date
            or coalesce(calendars.first_date - spans.entry_date > limits.slack_days, true)
            or spans.entry_date > calendars.last_date
            or coalesce(spans.exit_date, calendars.last_date) - calendars.last_date > limits.slack_days
        ) as n_failed
    from spans
    cross join limits
    left join calendars on spans.district_id = calendars.district_id and spans.school_year = calendars.school_year
    group by spans.district_id, spans.school_year, spans.domain
)

select district_id, school_year, domain, n_checked, n_failed
from impossible
union all
select district_id, school_year, domain, n_failed as n_checked, n_failed
from overlapping
