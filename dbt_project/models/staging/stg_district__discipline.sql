with source as (
    select * from {{ source('landing', 'discipline') }}
)

select
    district_id,
    school_year,
    incident_id,
    student_key,
    action_seq,
    school_id,
    incident_date,
    behavior,
    action,
    start_date,
    days_assigned,
    days_served,
    delivery_id,
    source_line
from source
