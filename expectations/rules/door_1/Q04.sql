-- Every district stands on that school year's roster; `_all` is the state or the whole collaborative. And each record
-- has what it belongs to: an enrolment its calendar, a day of attendance an enrolment on that date, and each row the
-- pupil, member of staff, account or building that its contract says it refers to. Of those a share may be orphans:
-- they land and count nothing.
with every_row as (
    select district_id, school_year, domain from candidate.state_reported_measures
    union all
    select district_id, school_year, domain from candidate.eoyr_report
    union all
    select district_id, school_year, domain from candidate.slot
    where contract not in ('state_reported_measures', 'eoyr_report')
),

off_roster as (
    select
        every_row.district_id,
        every_row.school_year,
        every_row.domain,
        count(*) as n_checked,
        count(*) filter (where roster.district_id is null and every_row.district_id <> '_all') as n_failed
    from every_row
    left join candidate.roster as roster
        on every_row.district_id = roster.district_id and every_row.school_year = roster.school_year
    group by every_row.district_id, every_row.school_year, every_row.domain
),

days_in_place as (
    select day.district_id, day.school_year, count(*) as n_rows
    from candidate.attendance as day
    inner join candidate.enrollments as span
        on
            day.district_id = span.district_id
            and day.school_year = span.school_year
            and day.school_id = span.school_id
            and day.student_key = span.student_key
            and day.date between span.entry_date and coalesce(span.exit_date, date '9999-12-31')
    group by day.district_id, day.school_year
),

days as (
    select district_id, school_year, domain, count(*) as n_rows
    from candidate.attendance
    group by district_id, school_year, domain
),

without_calendar as (
    select
        span.district_id,
        span.school_year,
        span.domain,
        'enrollments' as extract,
        'no calendar of their school and code' as lacks,
        count(*) as n_rows,
        count(*) filter (where day.calendar_code is null) as n_orphans,
        null as places
    from candidate.enrollments as span
    left join (
        select distinct district_id, school_year, school_id, calendar_code
        from candidate.calendar
    ) as day
        on
            span.district_id = day.district_id
            and span.school_year = day.school_year
            and span.school_id = day.school_id
            and span.calendar_code = day.calendar_code
    group by span.district_id, span.school_year, span.domain
),

out_of_place as (
    select
        days.district_id,
        days.school_year,
        days.domain,
        'attendance' as extract,
        'no enrolment at their school on their day' as lacks,
        days.n_rows,
        days.n_rows - coalesce(days_in_place.n_rows, 0) as n_orphans,
        null as places
    from days
    left join days_in_place
        on days.district_id = days_in_place.district_id and days.school_year = days_in_place.school_year
),

unknown as (
    select
        district_id,
        school_year,
        domain,
        extract,
        lacks,
        sum(n_rows) as n_rows,
        sum(n_orphans) as n_orphans,
        string_agg(places, '; ' order by places) as places
    from candidate.reference
    group by district_id, school_year, domain, extract, lacks
),

orphans as (
    select * from without_calendar
    union all
    select * from out_of_place
    union all
    select * from unknown
),

tolerance as (
    select value as orphan_share
    from candidate.thresholds
    where threshold = 'orphan_share'
)

select
    district_id,
    school_year,
    domain,
    n_checked,
    n_failed,
    'the district is not on the roster of ' || school_year as message
from off_roster
union all
select
    orphans.district_id,
    orphans.school_year,
    orphans.domain,
    orphans.n_rows as n_checked,
    -- without a share nobody is admitted whose records hang in the air
    case
        when orphans.n_orphans <= orphans.n_rows * coalesce(tolerance.orphan_share, 0) then 0 else orphans.n_orphans
    end as n_failed,
    orphans.extract || ': ' || orphans.n_orphans || ' of ' || orphans.n_rows || ' rows have ' || orphans.lacks
    || ' (at most ' || cast(coalesce(tolerance.orphan_share, 0) * 100 as double) || ' % may'
    || coalesce('; the first: ' || orphans.places, '') || ')' as message
from orphans
left join tolerance on true
