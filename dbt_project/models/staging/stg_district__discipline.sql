with source as (
    select * from {{ source('landing', 'discipline') }}
)

select
    district_id,
    school_year,
    incident_id,
    student_key,
    coalesce(student_key, 0) as participant_key,
    action_seq,
    school_id,
    incident_date,
    behavior,
    action,
    start_date,
    days_assigned,
    days_served,
    action_type,
    behavior_type,
    delivery_id,
    source_line
from source
