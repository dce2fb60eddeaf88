with periods as (
    select * from {{ source('collaborative', 'periods') }}
)

select
    school_year,
    period,
    fiscal_year,
    starts_on,
    ends_on
from periods
