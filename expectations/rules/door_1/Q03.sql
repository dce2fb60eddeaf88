-- Each key once within its extract, also where that came in parts, no part of it empty, and every code as wide as the
-- roster writes it.
with measures as (
    select
        district_id,
        school_year,
        domain,
        count(*) over (
            partition by
                extract, district_id, school_year, entity_type, entity_id, metric_id, variant, period, subgroup,
                breakdown
        ) as n_same_key,
        coalesce(entity_type, '') = '' or coalesce(entity_id, '') = '' or coalesce(metric_id, '') = ''
        or coalesce(variant, '') = '' or coalesce(period, '') = '' or coalesce(subgroup, '') = ''
        or coalesce(breakdown, '') = '' as is_key_empty,
        coalesce(entity_type = 'district' and entity_id <> district_id, false) as is_other_code
    from candidate.state_reported_measures
),

lines as (
    select
        district_id,
        school_year,
        domain,
        count(*) over (
            partition by extract, district_id, school_year, fiscal_year, state_function, line_item, fund_group
        ) as n_same_key,
        fiscal_year is null or coalesce(state_function, '') = '' or coalesce(line_item, '') = ''
        or coalesce(fund_group, '') = '' as is_key_empty,
        false as is_other_code
    from candidate.eoyr_report
),

lost_zeros as (
    select distinct candidates.district_id
    from (
        select district_id from measures
        union
        select district_id from lines
    ) as candidates
    inner join candidate.roster as roster
        on
            ltrim(candidates.district_id, '0') = ltrim(roster.district_id, '0')
            and length(candidates.district_id) < length(roster.district_id)
),

every_row as (
    select * from measures
    union all
    select * from lines
)

select
    district_id,
    school_year,
    domain,
    count(*) as n_checked,
    count(*) filter (
        where
        n_same_key > 1 or is_key_empty or is_other_code
        or district_id in (select lost_zeros.district_id from lost_zeros)
    ) as n_failed,
    '' as message
from every_row
group by district_id, school_year, domain
union all
select
    district_id,
    school_year,
    domain,
    n_keys as n_checked,
    n_keys as n_failed,
    message
from candidate.overlap
