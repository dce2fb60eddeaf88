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
    sgp,
    is_valid,
    participation,
    delivery_id,
    source_line
from source
