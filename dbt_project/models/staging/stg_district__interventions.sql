with source as (
    select * from {{ source('landing', 'interventions') }}
)

select
    district_id,
    school_year,
    intervention_id,
    student_key,
    school_id,
    domain,
    tier,
    referral_date,
    is_eligible,
    start_date,
    planned_end_date,
    end_date,
    planned_sessions,
    session_minutes,
    goal_roi,
    progress_tool,
    exit_tier,
    exit_reason,
    delivery_id,
    source_line
from source
