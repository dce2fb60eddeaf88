with source as (
    select * from {{ source('landing', 'intervention_sessions') }}
)

select
    district_id,
    school_year,
    intervention_id,
    student_key,
    session_date,
    minutes,
    attended,
    delivery_id,
    source_line
from source
