with source as (
    select * from {{ source('landing', 'enrollments') }}
)

select
    district_id,
    school_year,
    student_key,
    school_id,
    entry_date,
    exit_date,
    entry_type,
    exit_type,
    grade,
    residency,
    calendar_code,
    is_primary,
    is_first_time_grade9,
    delivery_id,
    source_line
from source
