-- Pupils enrolled on the day of the autumn count, or their average daily membership, to each full-time equivalent of
-- that day. A district that sends assignments and none of a role has nobody of it: that is no ratio, and not zero.
with days as (
    select school_year, starts_on as count_day from {{ ref('dim_period') }} where period = 'count_day'
),

deliveries as (
    select district_id, school_year, max(data_through) as data_through
    from {{ source('build', 'selection') }}
    where contract = 'staff_assignments' and is_current
    group by district_id, school_year
),

assignments as (
    select
        staff.*,
        days.count_day between staff.begin_date and coalesce(staff.end_date, date '9999-12-31') as is_there
    from {{ ref('stg_district__staff_assignments') }} as staff
    inner join days on staff.school_year = days.school_year
    left join deliveries on staff.district_id = deliveries.district_id and staff.school_year = deliveries.school_year
    where coalesce(deliveries.data_through >= days.count_day, true) and {{ in_build_scope('staff') }}
),

senders as (
    select district_id, school_year from assignments group by district_id, school_year
),

ratios as (
    select metric_id from {{ source('collaborative', 'staff_ratios') }} group by metric_id
),

staff as (
    select
        assignments.district_id,
        assignments.school_year,
        assignments.school_id,
        roles.metric_id,
        cast(sum(assignments.fte) as decimal(38, 6)) as fte
    from assignments
    inner join {{ source('collaborative', 'staff_ratios') }} as roles on assignments.role = roles.role
    where assignments.is_there
    group by grouping sets (
        (assignments.district_id, assignments.school_year, assignments.school_id, roles.metric_id),
        (assignments.district_id, assignments.school_year, roles.metric_id)
    )
),

counts as (
    select district_id, school_year, school_id, 'autumn_count' as variant, cast(n_pupils as decimal(38, 6)) as pupils
    from {{ ref('int_spending__autumn_count') }}
    union all
    select district_id, school_year, school_id, 'membership' as variant, cast(adm as decimal(38, 6)) as pupils
    from {{ ref('int_spending__membership') }}
),

-- A district's sum from which a school is missing is not known.
pupils as (
    select
        counts.district_id,
        counts.school_year,
        counts.school_id,
        counts.variant,
        cast(case when count(*) = count(counts.pupils) then sum(counts.pupils) end as decimal(38, 6)) as pupils
    from counts
    inner join senders on counts.district_id = senders.district_id and counts.school_year = senders.school_year
    group by grouping sets (
        (counts.district_id, counts.school_year, counts.school_id, counts.variant),
        (counts.district_id, counts.school_year, counts.variant)
    )
),

figures as (
    select
        pupils.*,
        ratios.metric_id,
        coalesce(staff.fte, 0) as fte
    from pupils
    cross join ratios
    left join staff
        on
            pupils.district_id = staff.district_id
            and pupils.school_year = staff.school_year
            and coalesce(pupils.school_id, '') = coalesce(staff.school_id, '')
            and ratios.metric_id = staff.metric_id
)

select
    district_id,
    {{ school_or_district() }},
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    metric_id,
    variant,
    {{ rate('pupils', 'fte') }} as value,
    {{ no_interval() }},
    pupils as numerator,
    fte as denominator,
    pupils as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when pupils is null then 'numerator_missing' when fte = 0 then 'none' else 'computed' end as value_status,
    'staff' as domain,
    cast(null as date) as data_through
from figures
