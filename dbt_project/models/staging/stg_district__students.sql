with source as (
    select * from {{ source('landing', 'students') }}
)

select
    district_id,
    school_year,
    student_key,
    person_key,
    sex,
    race_eth,
    is_hispanic,
    first_lang,
    delivery_id,
    source_line
from source
