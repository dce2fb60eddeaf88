-- A school of some size has somebody absent within a few days of instruction. Where nobody is, the file was not
-- sent or sends presence alone, and everybody counts as present. A school without any row is silent: a state, and
-- no fault. Days after the school's last absence or presence count nowhere and are not looked at, nor months of
-- which no part came; a row dated after the day through which its file speaks is no last one.
with limits as (
    select
        max(value) filter (where threshold = 'days_without_absence') as least_days,
        max(value) filter (where threshold = 'days_without_absence_minimum_pupils') as least_pupils
    from candidate.thresholds
),

schools as (
    select
        days.district_id,
        days.school_year,
        days.domain,
        days.school_id,
        max(days.date) filter (
            where days.category <> 'excused' and days.date <= coalesce(slot.data_through, days.date)
        ) as last_date,
        bool_or(days.extract <> 'attendance') as comes_in_parts
    from candidate.attendance as days
    left join candidate.slot
        on
            days.district_id = slot.district_id
            and days.school_year = slot.school_year
            and days.extract = slot.extract
    group by days.district_id, days.school_year, days.domain, days.school_id
),

pupils as (
    select district_id, school_year, school_id, count(distinct student_key) as n_pupils
    from candidate.enrollments
    where is_primary
    group by district_id, school_year, school_id
),

days_of_absence as (
    select distinct district_id, school_year, school_id, date
    from candidate.attendance
    where absent_minutes > 0
),

months as (
    select distinct district_id, school_year, school_id, date_trunc('month', date) as month
    from candidate.attendance
),

days as (
    select distinct schools.district_id, schools.school_year, schools.domain, schools.school_id, day.date
    from schools
    inner join pupils
        on
            schools.district_id = pupils.district_id
            and schools.school_year = pupils.school_year
            and schools.school_id = pupils.school_id
    inner join candidate.calendar as day
        on
            schools.district_id = day.district_id
            and schools.school_year = day.school_year
            and schools.school_id = day.school_id
            and day.is_instructional
            and day.date <= schools.last_date
    left join months
        on
            day.district_id = months.district_id
            and day.school_year = months.school_year
            and day.school_id = months.school_id
            and date_trunc('month', day.date) = months.month
    cross join limits
    where
        pupils.n_pupils >= coalesce(limits.least_pupils, 1)
        and (not schools.comes_in_parts or months.month is not null)
),

numbered as (
    select
        days.*,
        days_of_absence.date is not null as has_absence,
        row_number() over (
            partition by days.district_id, days.school_year, days.school_id
            order by days.date
        ) as number
    from days
    left join days_of_absence
        on
            days.district_id = days_of_absence.district_id
            and days.school_year = days_of_absence.school_year
            and days.school_id = days_of_absence.school_id
            and days.date = days_of_absence.date
),

-- Days of one run without an absence have as many days with one before them.
runs as (
    select
        *,
        number - row_number() over (
            partition by district_id, school_year, school_id
            order by number
        ) as run
    from numbered
    where not has_absence
),

longest as (
    select district_id, school_year, school_id, max(n_days) as n_days
    from (
        select district_id, school_year, school_id, run, count(*) as n_days
        from runs
        group by district_id, school_year, school_id, run
    )
    group by district_id, school_year, school_id
),

checked as (
    select
        looked_at.*,
        coalesce(longest.n_days, 0) as n_days,
        coalesce(longest.n_days, 0) >= coalesce(limits.least_days, 1) as is_at_fault
    from (
        select distinct district_id, school_year, domain, school_id from days
    ) as looked_at
    cross join limits
    left join longest
        on
            looked_at.district_id = longest.district_id
            and looked_at.school_year = longest.school_year
            and looked_at.school_id = longest.school_id
)

select
    district_id,
    school_year,
    domain,
    count(*) as n_checked,
    count(*) filter (where is_at_fault) as n_failed,
    'nobody was absent on ' || max(n_days) || ' days of instruction in a row at '
    || string_agg(school_id, ', ' order by school_id) filter (where is_at_fault) as message
from checked
group by district_id, school_year, domain
