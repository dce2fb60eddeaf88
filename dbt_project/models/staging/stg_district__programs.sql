with source as (
    select * from {{ source('landing', 'programs') }}
)

select
    district_id,
    school_year,
    student_key,
    program,
    begin_date,
    end_date,
    environment,
    is_direct_certified,
    first_el_date,
    delivery_id,
    source_line
from source
