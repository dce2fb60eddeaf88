-- Incidents by kind, once each however many pupils and actions it has. Where one of a district's incidents says no
-- kind, none of its counts by kind is known. A kind that nobody recorded is zero, once the year's incidents were sent.
with incidents as (
    select
        district_id,
        school_year,
        school_id,
        incident_id,
        any_value(behavior_type) as behavior_type
    from {{ ref('stg_district__discipline') }}
    group by district_id, school_year, school_id, incident_id
),

districts as (
    select district_id, school_year, count(*) = count(behavior_type) as is_known
    from incidents
    group by district_id, school_year
),

counts as (
    select
        district_id,
        school_year,
        coalesce(school_id, district_id) as entity_id,
        behavior_type,
        count(*) as n_incidents
    from incidents
    group by grouping sets (
        (district_id, school_year, school_id, behavior_type), (district_id, school_year, behavior_type)
    )
),

entities as (
    select
        attendance.district_id, attendance.school_year, attendance.entity_type, attendance.entity_id, districts.is_known
    from {{ ref('measure_attendance') }} as attendance
    inner join districts
        on attendance.district_id = districts.district_id and attendance.school_year = districts.school_year
    where attendance.metric_id = 'SS.A01' and attendance.period = 'year' and attendance.subgroup = 'all'
)

select
    entities.district_id,
    entities.entity_type,
    entities.entity_id,
    entities.school_year,
    'year' as period,
    'behavior=' || kinds.behavior_type as breakdown,
    'incidents' as input_id,
    cast(case when entities.is_known then coalesce(counts.n_incidents, 0) end as decimal(38, 6)) as amount,
    cast(null as decimal(38, 6)) as n,
    'student' as domain
from entities
cross join (select unnest(['assault', 'bullying', 'weapons']) as behavior_type) as kinds
left join counts
    on
        entities.district_id = counts.district_id
        and entities.school_year = counts.school_year
        and entities.entity_id = counts.entity_id
        and kinds.behavior_type = counts.behavior_type
