-- Incidents, each once whoever took part and also where nobody knows who, over average daily membership. What is an
-- offence only of the young is none.
with incidents as (
    select district_id, school_year, coalesce(school_id, district_id) as entity_id, count(distinct incident_id) as n
    from {{ ref('stg_district__discipline') }}
    where
        {{ in_build_scope('stg_district__discipline') }}
        and lower(behavior) not in (
            select lower(offenses.behavior) from {{ source('collaborative', 'status_offenses') }} as offenses
        )
    group by grouping sets ((district_id, school_year, school_id), (district_id, school_year))
),

senders as (
    select district_id, school_year from {{ ref('stg_district__discipline') }}
    where {{ in_build_scope('stg_district__discipline') }}
    group by district_id, school_year
),

figures as (
    select
        memberships.district_id,
        memberships.entity_type,
        memberships.entity_id,
        memberships.school_year,
        cast(coalesce(incidents.n, 0) as decimal(38, 6)) as numerator,
        cast(memberships.value as decimal(38, 6)) as membership,
        memberships.n
    from {{ ref('measure_attendance') }} as memberships
    inner join senders
        on memberships.district_id = senders.district_id and memberships.school_year = senders.school_year
    left join incidents
        on
            memberships.district_id = incidents.district_id
            and memberships.school_year = incidents.school_year
            and memberships.entity_id = incidents.entity_id
    where
        memberships.metric_id = 'SS.A01' and memberships.period = 'year' and memberships.subgroup = 'all'
        and memberships.breakdown = 'all' and {{ in_build_scope('memberships') }}
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    'SS.B05' as metric_id,
    'membership' as variant,
    {{ rate('100 * numerator', 'membership') }} as value,
    {{ no_interval() }},
    numerator,
    cast(membership * 0.01 as decimal(38, 6)) as denominator,
    n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    {{ value_status('numerator', 'membership') }} as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
