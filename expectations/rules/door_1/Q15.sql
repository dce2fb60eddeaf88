-- What odd discipline looks like: more days served than were imposed; days out of school of a known pupil who
-- has no such day in the attendance; and a school of some size without any incident where the district's others have
-- some.
with limits as (
    select max(value) filter (where threshold = 'incidents_minimum_pupils') as least_pupils
    from candidate.thresholds
),

served as (
    select
        district_id,
        school_year,
        domain,
        count(*) as n_checked,
        count(*) filter (where days_served > days_assigned) as n_failed,
        'days served are more than days assigned' as fault
    from candidate.discipline
    group by district_id, school_year, domain
),

suspended as (
    select district_id, school_year, domain, student_key
    from candidate.discipline
    where action_type = 'out_of_school_suspension' and days_served >= 1 and student_key is not null
    group by district_id, school_year, domain, student_key
),

out_days as (
    select distinct district_id, school_year, student_key
    from candidate.attendance
    where category = 'OSS'
),

not_away as (
    select
        suspended.district_id,
        suspended.school_year,
        suspended.domain,
        count(*) as n_checked,
        count(*) filter (where out_days.student_key is null) as n_failed,
        'pupils suspended out of school have no OSS day in the attendance' as fault
    from suspended
    left join out_days
        on
            suspended.district_id = out_days.district_id
            and suspended.school_year = out_days.school_year
            and suspended.student_key = out_days.student_key
    where (suspended.district_id, suspended.school_year) in (
        select days.district_id, days.school_year from candidate.attendance as days
    )
    group by suspended.district_id, suspended.school_year, suspended.domain
),

schools as (
    select spans.district_id, spans.school_year, spans.domain, spans.school_id
    from candidate.enrollments as spans
    cross join limits
    where
        spans.is_primary
        and (spans.district_id, spans.school_year) in (
            select incidents.district_id, incidents.school_year from candidate.discipline as incidents
        )
    group by spans.district_id, spans.school_year, spans.domain, spans.school_id
    having count(distinct spans.student_key) >= coalesce(max(limits.least_pupils), 1)
),

quiet as (
    select
        schools.district_id,
        schools.school_year,
        schools.domain,
        count(*) as n_checked,
        count(*) filter (where incidents.school_id is null) as n_failed,
        'schools have no incident all year' as fault
    from schools
    left join (select distinct district_id, school_year, school_id from candidate.discipline) as incidents
        on
            schools.district_id = incidents.district_id
            and schools.school_year = incidents.school_year
            and schools.school_id = incidents.school_id
    group by schools.district_id, schools.school_year, schools.domain
)

select district_id, school_year, domain, n_checked, n_failed, n_failed || ' times: ' || fault as message
from served
union all
select district_id, school_year, domain, n_checked, n_failed, n_failed || ' ' || fault as message
from not_away
union all
select district_id, school_year, domain, n_checked, n_failed, n_failed || ' ' || fault as message
from quiet
