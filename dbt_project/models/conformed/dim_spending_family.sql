select
    variant,
    ppe_family,
    coalesce(nullif(denominator_basis, ''), 'as_reported') as denominator_basis,
    coalesce(nullif(all_denominator_basis, ''), nullif(denominator_basis, ''), 'as_reported') as all_denominator_basis,
    note
from {{ source('collaborative', 'spending_families') }}
