with attendance as (
    select * from {{ ref('measure_attendance') }}
    where
        metric_id = 'SS.A01' and entity_type = 'school' and period = 'year' and subgroup = 'all'
        and breakdown = 'all'
)

select
    district_id,
    school_year,
    entity_id as school_id,
    cast(value as decimal(38, 6)) as adm,
    value as adm_weight
from attendance
