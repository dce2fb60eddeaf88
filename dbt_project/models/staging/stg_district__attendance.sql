with source as (
    select * from {{ source('landing', 'attendance') }}
)

select
    district_id,
    school_year,
    student_key,
    school_id,
    date as attendance_date,
    category,
    absent_minutes,
    day_minutes,
    delivery_id,
    source_line
from source
