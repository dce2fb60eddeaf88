with lines as (
    select * from {{ ref('stg_district__eoyr_report') }}
),

current_deliveries as (
    select district_id, school_year, delivery_id
    from {{ source('build', 'selection') }}
    where contract = 'eoyr_report' and is_current
),

state_functions as (
    select state_function, is_in_district, is_benefits, is_central_office
    from {{ source('collaborative', 'state_functions') }}
)

select
    lines.district_id,
    lines.school_year,
    lines.fiscal_year,
    lines.state_function,
    lines.line_item,
    lines.fund_group,
    state_functions.is_in_district,
    state_functions.is_benefits,
    state_functions.is_central_office,
    lines.amount_usd,
    lines.delivery_id,
    lines.source_line
from lines
inner join current_deliveries
    on
        lines.district_id = current_deliveries.district_id
        and lines.school_year = current_deliveries.school_year
        and lines.delivery_id = current_deliveries.delivery_id
left join state_functions on lines.state_function = state_functions.state_function
