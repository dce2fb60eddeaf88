-- Every district stands on that school year's roster; `_all` is the state or the whole collaborative. And each record
-- has what it belongs to: an enrolment its pupil and its calendar, a program and an action their pupil, a day of
-- attendance an enrolment on that date, a line of a ledger or a budget its account in the chart. Of those a share may
-- be orphans: they land and count nothing.
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

orphans as (
    select
        district_id,
        school_year,
        domain,
        'enrollments' as extract,
        'no pupil in students, or no calendar of their school and code' as lacks,
        count(*) as n_rows,
        count(*) filter (
            where
            (district_id, school_year, student_key) not in (
                select student.district_id, student.school_year, student.student_key from candidate.students as student
            )
            or (district_id, school_year, school_id, calendar_code) not in (
                select calendar.district_id, calendar.school_year, calendar.school_id, calendar.calendar_code
                from candidate.calendar as calendar
            )
        ) as n_orphans
    from candidate.enrollments
    group by district_id, school_year, domain
    union all
    select
        district_id,
        school_year,
        domain,
        'programs' as extract,
        'no pupil in students' as lacks,
        count(*) as n_rows,
        count(*) filter (
            where
            (district_id, school_year, student_key) not in (
                select student.district_id, student.school_year, student.student_key from candidate.students as student
            )
        ) as n_orphans
    from candidate.programs
    group by district_id, school_year, domain
    union all
    select
        district_id,
        school_year,
        domain,
        'discipline' as extract,
        'no pupil in students' as lacks,
        count(*) as n_rows,
        count(*) filter (
            where
            (district_id, school_year, student_key) not in (
                select student.district_id, student.school_year, student.student_key from candidate.students as student
            )
        ) as n_orphans
    from candidate.discipline
    group by district_id, school_year, domain
    union all
    select
        days.district_id,
        days.school_year,
        days.domain,
        'attendance' as extract,
        'no enrolment at their school on their day' as lacks,
        days.n_rows,
        days.n_rows - coalesce(days_in_place.n_rows, 0) as n_orphans
    from days
    left join days_in_place
        on days.district_id = days_in_place.district_id and days.school_year = days_in_place.school_year
    union all
    select
        line.district_id,
        line.school_year,
        line.domain,
        line.extract,
        'no account in chart_of_accounts' as lacks,
        count(*) as n_rows,
        count(*) filter (where chart.account_id is null) as n_orphans
    from (
        select district_id, school_year, domain, account_id, 'gl_actuals' as extract from candidate.gl_actuals
        union all
        select district_id, school_year, domain, account_id, 'gl_budget' as extract from candidate.gl_budget
    ) as line
    left join candidate.chart_of_accounts as chart
        on
            line.district_id = chart.district_id
            and line.school_year = chart.school_year
            and line.account_id = chart.account_id
    group by line.district_id, line.school_year, line.domain, line.extract
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
    || ' (at most ' || cast(coalesce(tolerance.orphan_share, 0) * 100 as double) || ' % may)' as message
from orphans
left join tolerance on true
