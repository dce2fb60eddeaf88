with source as (
    select * from {{ source('landing', 'helpdesk') }}
)

select
    district_id,
    school_year,
    ticket_id,
    opened_at,
    resolved_at,
    hold_hours,
    first_contact_resolved,
    delivery_id,
    source_line
from source
