with students as (
    select * from {{ ref('stg_district__students') }}
)

select
    district_id,
    school_year,
    student_key,
    coalesce(person_key, student_key) as person_key,
    person_key is not null as has_state_id,
    sex,
    race_eth,
    is_hispanic,
    first_lang
from students
