select
    variant,
    ppe_family,
    note
from {{ source('collaborative', 'spending_families') }}
