-- Three counts of a district's pupils are near each other: its average daily membership and its headcount of
-- autumn, and that headcount and the one which the state prints.
with limits as (
    select
        max(value) filter (where threshold = 'membership_headcount_share') as own_share,
        max(value) filter (where threshold = 'headcount_state_share') as state_share
    from collaborative.thresholds
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
),

printed as (
    select district_id, school_year, max(value) as n_pupils
    from measures.measure_reported
    where metric_id = 'SS.N02' and entity_type = 'district' and subgroup = 'all' and breakdown = 'all'
    group by district_id, school_year
),

pairs as (
    select
        headcounts.district_id,
        headcounts.school_year,
        'membership' as compared_with,
        headcounts.n_pupils,
        memberships.n_pupils as other,
        limits.own_share as share
    from headcounts
    inner join memberships
        on headcounts.district_id = memberships.district_id and headcounts.school_year = memberships.school_year
    cross join limits
    union all
    select
        headcounts.district_id,
        headcounts.school_year,
        'the headcount that the state prints' as compared_with,
        headcounts.n_pupils,
        printed.n_pupils as other,
        limits.state_share as share
    from headcounts
    inner join printed
        on headcounts.district_id = printed.district_id and headcounts.school_year = printed.school_year
    cross join limits
)

select
    district_id,
    school_year,
    1 as n_checked,
    cast(abs(other - n_pupils) > n_pupils * coalesce(share, 0) as integer) as n_failed,
    'the headcount of autumn, ' || n_pupils || ', is far from ' || compared_with || ', ' || round(other, 1) as message
from pairs
where other is not null and n_pupils > 0
