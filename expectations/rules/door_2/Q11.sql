-- A district's headcount of autumn is near the one that the state prints of that year.
with limits as (
    select max(value) as share
    from collaborative.thresholds
    where threshold = 'headcount_state_share'
),

headcounts as (
    select district_id, school_year, sum(n_pupils) as n_pupils
    from conformed.int_spending__autumn_count
    group by district_id, school_year
),

printed as (
    select district_id, school_year, max(value) as n_pupils
    from measures.measure_reported
    where metric_id = 'SS.N02' and entity_type = 'district' and subgroup = 'all' and breakdown = 'all'
    group by district_id, school_year
)

select
    headcounts.district_id,
    'student' as domain,
    headcounts.school_year,
    1 as n_checked,
    cast(abs(printed.n_pupils - headcounts.n_pupils) > headcounts.n_pupils * coalesce(limits.share, 0) as integer)
        as n_failed,
    'the headcount of autumn, ' || headcounts.n_pupils || ', is far from the one that the state prints, '
    || round(printed.n_pupils, 1) as message
from headcounts
inner join printed
    on headcounts.district_id = printed.district_id and headcounts.school_year = printed.school_year
cross join limits
where printed.n_pupils is not null and headcounts.n_pupils > 0
