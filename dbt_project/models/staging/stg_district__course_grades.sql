with source as (
    select * from {{ source('landing', 'course_grades') }}
)

select
    district_id,
    school_year,
    student_key,
    section_id,
    term,
    school_id,
    term_type,
    subject,
    is_core,
    credit_attempted,
    credit_earned,
    mark_type,
    mark,
    numeric_mark,
    grade_points,
    delivery_id,
    source_line
from source
