-- The share of a group is its membership over that of all pupils: both count days enrolled, so a pupil of a third of
-- the year is a third of a pupil in each. A district's sum from which a silent school is missing is not reported.
with memberships as (
    select * from {{ ref('measure_attendance') }}
    where
        metric_id = 'SS.A01' and period = 'year' and subgroup = 'all' and breakdown = 'all'
        and {{ in_build_scope('measure_attendance') }}
),

groups as (
    select
        district_id,
        school_year,
        coalesce(school_id, district_id) as entity_id,
        subgroup,
        cast(sum(adm) as decimal(38, 6)) as numerator
    from {{ ref('int_student__group_membership') }}
    where {{ in_build_scope('int_student__group_membership') }}
    group by grouping sets ((district_id, school_year, school_id, subgroup), (district_id, school_year, subgroup))
),

figures as (
    select
        memberships.*,
        groups.subgroup as group_of_pupils,
        groups.numerator as of_group,
        cast(memberships.value as decimal(38, 6)) as of_all
    from groups
    inner join memberships
        on
            groups.district_id = memberships.district_id
            and groups.school_year = memberships.school_year
            and groups.entity_id = memberships.entity_id
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    period,
    group_of_pupils as subgroup,
    'all' as breakdown,
    'SS.D01' as metric_id,
    'membership' as variant,
    {{ rate('of_group', 'of_all') }} as value,
    {{ no_interval() }},
    case when value_status = 'computed' then of_group end as numerator,
    of_all as denominator,
    n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when value_status <> 'computed' then value_status else {{ value_status('of_group', 'of_all') }} end
        as value_status,
    'student' as domain,
    data_through
from figures
