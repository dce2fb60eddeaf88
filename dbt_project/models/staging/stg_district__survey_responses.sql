with source as (
    select * from {{ source('landing', 'survey_responses') }}
)

select
    district_id,
    school_year,
    survey_id,
    version,
    question_id,
    respondent_key,
    school_id,
    respondent_group,
    scale,
    value,
    delivery_id,
    source_line
from source
