with source as (
    select * from {{ source('landing', 'screeners') }}
)

select
    district_id,
    school_year,
    student_key,
    tool,
    domain,
    test_date,
    school_id,
    "window" as screening_window,
    status,
    score,
    benchmark_level,
    intervention_id,
    delivery_id,
    source_line
from source
