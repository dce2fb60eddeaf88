-- What a district sends is made up as it was the year before: of grades, races, programs and kinds of attendance
-- the shares are alike. How far apart they are is the population stability index, the sum of (p - q) ln(p / q); a
-- value that one of the years lacks counts as a small share.
with limits as (
    select
        max(value) filter (where threshold = 'drift_index') as largest,
        max(value) filter (where threshold = 'drift_minimum_rows') as least_rows
    from collaborative.thresholds
),

counts as (
    select district_id, school_year, 'grades' as subject, grade as code, count(*) as n
    from conformed.fct_enrollment
    group by district_id, school_year, grade
    union all
    select district_id, school_year, 'races' as subject, race_eth as code, count(*) as n
    from conformed.dim_student
    where race_eth is not null
    group by district_id, school_year, race_eth
    union all
    select district_id, school_year, 'programs' as subject, program as code, count(*) as n
    from staging.stg_district__programs
    group by district_id, school_year, program
    union all
    select district_id, school_year, 'kinds of attendance' as subject, category as code, count(*) as n
    from conformed.int_attendance__absence
    group by district_id, school_year, category
),

sums as (
    select district_id, school_year, subject, sum(n) as n
    from counts
    group by district_id, school_year, subject
),

years as (
    select sums.*
    from sums
    inner join sums as earlier
        on
            sums.district_id = earlier.district_id
            and sums.subject = earlier.subject
            and sums.school_year = earlier.school_year + 1
    cross join limits
    where sums.n >= coalesce(limits.least_rows, 0) and earlier.n >= coalesce(limits.least_rows, 0)
),

codes as (
    select district_id, subject, code
    from counts
    group by district_id, subject, code
),

shares as (
    select
        years.district_id,
        years.school_year,
        years.subject,
        greatest(coalesce(cast(now.n as double) / years.n, 0), 0.0001) as p,
        greatest(coalesce(cast(before.n as double) / earlier.n, 0), 0.0001) as q
    from years
    inner join codes on years.district_id = codes.district_id and years.subject = codes.subject
    inner join sums as earlier
        on
            years.district_id = earlier.district_id
            and years.subject = earlier.subject
            and years.school_year = earlier.school_year + 1
    left join counts as now
        on
            years.district_id = now.district_id
            and years.school_year = now.school_year
            and years.subject = now.subject
            and codes.code = now.code
    left join counts as before
        on
            years.district_id = before.district_id
            and years.school_year = before.school_year + 1
            and years.subject = before.subject
            and codes.code = before.code
),

drift as (
    select district_id, school_year, subject, sum((p - q) * ln(p / q)) as index
    from shares
    group by district_id, school_year, subject
)

select
    drift.district_id,
    drift.school_year,
    count(*) as n_checked,
    count(*) filter (where drift.index > coalesce(limits.largest, 0)) as n_failed,
    'unlike the year before: '
    || string_agg(drift.subject, ', ' order by drift.subject)
    filter (where drift.index > coalesce(limits.largest, 0)) as message
from drift
cross join limits
group by drift.district_id, drift.school_year
