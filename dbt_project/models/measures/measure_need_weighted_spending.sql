-- A group counts as its pupils do, by membership; where one of the weighted groups is unknown, so are weighted pupils.
with spending as (
    select district_id, entity_type, entity_id, school_year, numerator, n from {{ ref('measure_school_spending') }}
    where metric_id = 'PPE.S05' and {{ in_build_scope('measure_school_spending') }}
    union all
    select district_id, entity_type, entity_id, school_year, numerator, n from {{ ref('measure_district_spending') }}
    where metric_id = 'PPE.D01' and {{ in_build_scope('measure_district_spending') }}
),

-- A school that has dollars and no pupils that anybody counted leaves its district's pupils unknown (as PPE.D01).
members as (
    select schools.district_id, schools.school_year, schools.school_id, membership.adm_weight
    from {{ ref('int_spending__school') }} as schools
    left join {{ ref('int_spending__membership') }} as membership
        on
            schools.district_id = membership.district_id
            and schools.school_year = membership.school_year
            and schools.school_id = membership.school_id
    where {{ in_build_scope('schools') }}
),

schools as (
    select
        members.district_id,
        members.school_year,
        members.school_id,
        members.adm_weight + case when count(*) = count(needs.adm) then sum(weights.weight * needs.adm) end as pupils
    from members
    inner join {{ source('collaborative', 'need_weights') }} as weights
        on
            members.school_year between coalesce(weights.from_school_year, 0)
            and coalesce(weights.to_school_year, 9999)
    left join {{ ref('int_student__group_membership') }} as needs
        on
            members.district_id = needs.district_id
            and members.school_year = needs.school_year
            and members.school_id = needs.school_id
            and weights.subgroup = needs.subgroup
    group by members.district_id, members.school_year, members.school_id, members.adm_weight
),

weighted as (
    select district_id, school_year, school_id as entity_id, cast(pupils as decimal(38, 6)) as pupils from schools
    union all
    select
        district_id, school_year, district_id as entity_id,
        cast(case when count(*) = count(pupils) then sum(pupils) end as decimal(38, 6)) as pupils
    from schools
    group by district_id, school_year
)

select
    spending.district_id,
    spending.entity_type,
    spending.entity_id,
    spending.school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    'PPE.D17' as metric_id,
    'essa' as variant,
    {{ ratio_columns('spending.numerator', 'weighted.pupils', 'spending.n') }}
from spending
inner join weighted
    on
        spending.district_id = weighted.district_id
        and spending.school_year = weighted.school_year
        and spending.entity_id = weighted.entity_id
