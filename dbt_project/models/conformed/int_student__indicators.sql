-- What early warning and readiness look at, of each pupil in the whole district. What was not sent is not known:
-- without a delivery of discipline nobody is free of incidents, and of a silent school no pupil's attendance is known.
-- Suspensions of a district that never says what kind an action is are not known either; of a pupil some of whose
-- actions are of no known kind, those known stand beside the number of the others.
with pupils as (
    select * from {{ ref('int_enrollment__student_year') }}
    where entity_type = 'district' and {{ in_build_scope('int_enrollment__student_year') }}
),

senders as (
    select district_id, school_year
    from {{ source('build', 'selection') }}
    where contract = 'discipline' and is_current
    group by district_id, school_year
),

kinds as (
    select district_id, school_year, count(action_type) > 0 as says_kinds
    from {{ ref('stg_district__discipline') }}
    where {{ in_build_scope('stg_district__discipline') }}
    group by district_id, school_year
),

-- A district that sent nothing to report has no kinds to say.
informed as (
    select senders.*
    from senders
    left join kinds on senders.district_id = kinds.district_id and senders.school_year = kinds.school_year
    where coalesce(kinds.says_kinds, true)
),

attendance as (
    select
        district_id,
        school_year,
        student_key,
        case when count(*) = count(data_through) then sum(days_enrolled) end as days_enrolled,
        case when count(*) = count(data_through) then sum(days_absent) end as days_absent
    from {{ ref('measure_student_attendance') }}
    where {{ in_build_scope('measure_student_attendance') }}
    group by district_id, school_year, student_key
),

-- Many pupils have the same days: each quotient of them is made once.
shares as (
    select
        days_enrolled,
        days_absent,
        {{ rate('(days_enrolled - days_absent)', 'days_enrolled') }} as attendance_share
    from attendance
    group by days_enrolled, days_absent
),

discipline as (
    select * from {{ ref('int_discipline__student_year') }}
    where entity_type = 'district' and {{ in_build_scope('int_discipline__student_year') }}
),

courses as (
    select
        district_id,
        school_year,
        student_key,
        count(standing) as n_marks,
        sum(case when standing = 'failed' then coalesce(credit_earned, 0) else credit_earned end) as credits_earned,
        bool_or(standing <> 'failed' and credit_earned is null) as lacks_credit,
        coalesce(sum(semesters) filter (where is_core and standing = 'failed'), 0) as core_failures,
        list(subject order by subject asc, section_id asc, term asc) filter (where standing = 'failed')
            as failed_subjects,
        list(subject order by subject asc, section_id asc, term asc) filter (where standing in ('failed', 'low'))
            as low_subjects,
        list_distinct(list(subject order by subject) filter (where standing is not null)) as marked_subjects,
        bool_and(grade_points is not null) filter (where is_averaged and standing is not null) as has_all_points,
        sum(grade_points * credit_weight) filter (where is_averaged and standing is not null) as weighted_points,
        sum(credit_weight) filter (where is_averaged and standing is not null) as points_weight
    from {{ ref('int_course__mark') }}
    where semesters > 0 and {{ in_build_scope('int_course__mark') }}
    group by district_id, school_year, student_key
)

select
    pupils.district_id,
    pupils.school_year,
    pupils.student_key,
    pupils.grade,
    pupils.is_there_at_end,
    attendance.days_enrolled,
    cast(attendance.days_absent as decimal(38, 28)) as days_absent,
    shares.attendance_share,
    case when informed.district_id is not null then coalesce(discipline.n_out_of_school, 0) end
        as out_of_school_suspensions,
    case when informed.district_id is not null then coalesce(discipline.n_in_school, 0) end as in_school_suspensions,
    case when informed.district_id is not null then coalesce(discipline.n_referrals, 0) end as referrals,
    case when senders.district_id is not null then coalesce(discipline.n_incidents, 0) end as incidents,
    case when informed.district_id is not null then coalesce(discipline.is_expelled, false) end as is_expelled,
    coalesce(discipline.n_of_unknown_kind, 0) as actions_of_unknown_kind,
    coalesce(courses.n_marks, 0) as n_marks,
    cast(case when not coalesce(courses.lacks_credit, false) then courses.credits_earned end as decimal(18, 6))
        as credits_earned,
    cast(courses.core_failures as decimal(18, 6)) as core_failures,
    coalesce(courses.failed_subjects, []) as failed_subjects,
    coalesce(courses.low_subjects, []) as low_subjects,
    coalesce(courses.marked_subjects, []) as marked_subjects,
    cast(case when courses.has_all_points then courses.weighted_points end as decimal(38, 6)) as weighted_points,
    cast(case when courses.has_all_points then courses.points_weight end as decimal(38, 6)) as points_weight
from pupils
left join senders on pupils.district_id = senders.district_id and pupils.school_year = senders.school_year
left join informed on pupils.district_id = informed.district_id and pupils.school_year = informed.school_year
{% for part in ['attendance', 'discipline', 'courses'] %}
left join {{ part }}
    on
        pupils.district_id = {{ part }}.district_id
        and pupils.school_year = {{ part }}.school_year
        and pupils.student_key = {{ part }}.student_key
{% endfor %}
left join shares on attendance.days_enrolled = shares.days_enrolled and attendance.days_absent = shares.days_absent
