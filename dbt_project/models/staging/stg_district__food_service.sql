with source as (
    select * from {{ source('landing', 'food_service') }}
)

select
    district_id,
    school_year,
    school_id,
    service_date,
    covers,
    breakfasts,
    lunches,
    snacks,
    a_la_carte_usd,
    labor_hours,
    serving_days,
    food_usd,
    labor_usd,
    labor_benefits_usd,
    commodity_usd,
    other_usd,
    revenue_usd,
    delivery_id,
    source_line
from source
