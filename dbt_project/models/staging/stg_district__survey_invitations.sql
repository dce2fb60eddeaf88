with source as (
    select * from {{ source('landing', 'survey_invitations') }}
)

select
    district_id,
    school_year,
    survey_id,
    version,
    respondent_group,
    invited,
    due_date,
    delivery_id,
    source_line
from source
