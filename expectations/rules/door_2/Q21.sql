-- A district's average daily membership is near its headcount of autumn.
with limits as (
    select max(value) as share
    from collaborative.thresholds
    where threshold = 'membership_headcount_share'
),

headcounts as (
    select district_id, school_year, sum(n_pupils) as n_pupils
    from conformed.int_spending__autumn_count
    group by district_id, school_year
),

memberships as (
    select district_id, school_year, value as n_pupils
    from measures.measure_attendance
    where metric_id = 'SS.A01' and entity_type = 'district' and subgroup = 'all' and breakdown = 'all'
)

select
    headcounts.district_id,
    headcounts.school_year,
    1 as n_checked,
    cast(abs(memberships.n_pupils - headcounts.n_pupils) > headcounts.n_pupils * coalesce(limits.share, 0) as integer)
        as n_failed,
    'the headcount of autumn, ' || headcounts.n_pupils || ', is far from membership, '
    || round(memberships.n_pupils, 1) as message
from headcounts
inner join memberships
    on headcounts.district_id = memberships.district_id and headcounts.school_year = memberships.school_year
cross join limits
where memberships.n_pupils is not null and headcounts.n_pupils > 0
