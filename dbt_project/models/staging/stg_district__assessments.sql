with source as (
    select * from {{ source('landing', 'assessments') }}
)

select
    district_id,
    school_year,
    student_key,
    assessment_id,
    subject,
    admin_date,
    grade_tested,
    scale_score,
    is_proficient,
    sgp,
    is_valid,
    participation,
    el_progress_target,
    met_target,
    delivery_id,
    source_line
from source
