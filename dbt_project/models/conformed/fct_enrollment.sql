with enrollments as (
    select * from {{ ref('stg_district__enrollments') }}
)

select
    district_id,
    school_year,
    student_key,
    school_id,
    entry_date,
    exit_date,
    coalesce(exit_date, date '9999-12-31') as last_date,
    entry_type,
    exit_type,
    grade,
    residency,
    calendar_code,
    is_primary,
    is_first_time_grade9
from enrollments
