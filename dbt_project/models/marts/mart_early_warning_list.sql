with flagged as (
    select * from {{ ref('int_early_warning__flag') }} where n_flags > 0
),

places as (
    select district_id, school_year, entity_id as school_id, student_key, grade
    from {{ ref('int_enrollment__student_year') }}
    where entity_type = 'school' and is_there_at_end
)

select
    flagged.district_id,
    flagged.school_year,
    places.school_id,
    flagged.student_key,
    flagged.rule,
    places.grade,
    flagged.n_flags,
    flagged.n_unknown,
    flagged.flag_a,
    flagged.flag_b,
    flagged.flag_c,
    cast(indicators.attendance_share as decimal(38, 10)) as attendance_share,
    cast(indicators.days_enrolled as integer) as days_enrolled,
    cast(indicators.days_absent as decimal(18, 2)) as days_absent,
    cast(indicators.out_of_school_suspensions as integer) as out_of_school_suspensions,
    cast(indicators.in_school_suspensions as integer) as in_school_suspensions,
    cast(indicators.referrals as integer) as referrals,
    cast(case when indicators.n_marks > 0 then len(indicators.failed_subjects) end as integer) as failed_marks,
    case when indicators.n_marks > 0 then array_to_string(list_sort(list_distinct(indicators.failed_subjects)), ' ') end
        as failed_subjects
from flagged
inner join places
    on
        flagged.district_id = places.district_id
        and flagged.school_year = places.school_year
        and flagged.student_key = places.student_key
inner join {{ ref('int_student__indicators') }} as indicators
    on
        flagged.district_id = indicators.district_id
        and flagged.school_year = indicators.school_year
        and flagged.student_key = indicators.student_key
