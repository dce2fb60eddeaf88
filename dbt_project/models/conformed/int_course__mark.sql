-- A mark counts where its scale says how it stands: letters, and pass or fail, by course_marks; numbers by thresholds.
-- Audits, withdrawals and marks not yet given have no standing; terms that do not count, such as summer, no semesters.
with limits as (
    select
        max(case when threshold = 'failing_numeric_mark' then value end) as failing,
        max(case when threshold = 'low_numeric_mark' then value end) as low
    from {{ source('collaborative', 'thresholds') }}
)

select
    grades.district_id,
    grades.school_year,
    grades.student_key,
    grades.section_id,
    grades.term,
    grades.school_id,
    grades.subject,
    grades.is_core,
    types.semesters,
    case
        when grades.mark_type in ('letter', 'pass_fail') then scale.standing
        when grades.mark_type = 'numeric' and grades.numeric_mark < limits.failing then 'failed'
        when grades.mark_type = 'numeric' and grades.numeric_mark < limits.low then 'low'
        when grades.mark_type = 'numeric' and grades.numeric_mark is not null then 'passed'
    end as standing,
    cast(case
        when grades.mark_type = 'letter' then coalesce(grades.grade_points, scale.grade_points)
        when grades.mark_type = 'numeric' then grades.grade_points
    end as decimal(18, 6)) as grade_points,
    grades.mark_type in ('letter', 'numeric') as is_averaged,
    cast(coalesce(grades.credit_attempted, types.semesters / 2) as decimal(18, 6)) as credit_weight,
    grades.credit_earned
from {{ ref('stg_district__course_grades') }} as grades
cross join limits
left join {{ source('collaborative', 'course_marks') }} as scale on grades.mark = scale.mark
left join {{ source('collaborative', 'term_types') }} as types on grades.term_type = types.term_type
