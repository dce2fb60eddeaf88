-- Nobody is enrolled on more days than the longest calendar of the district has, nor on more than a year of school
-- has.
with limits as (
    select max(value) filter (where threshold = 'pupil_days_most') as most_days
    from collaborative.thresholds
),

pupils as (
    select
        district_id,
        school_year,
        student_key,
        sum(days_enrolled) as days_enrolled,
        max(days_in_session) as days_in_session
    from measures.measure_student_attendance
    group by district_id, school_year, student_key
),

sessions as (
    select district_id, school_year, max(days_in_session) as days_in_session
    from pupils
    group by district_id, school_year
)

select
    pupils.district_id,
    pupils.school_year,
    count(*) as n_checked,
    count(*) filter (
        where pupils.days_enrolled > least(sessions.days_in_session, coalesce(limits.most_days, 0))
    ) as n_failed,
    'pupils are enrolled on more days than the school year has' as message
from pupils
inner join sessions on pupils.district_id = sessions.district_id and pupils.school_year = sessions.school_year
cross join limits
group by pupils.district_id, pupils.school_year
