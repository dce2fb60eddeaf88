with successions as (
    select * from {{ source('collaborative', 'entity_succession') }}
)

select
    concat_ws(' ', coalesce(predecessor_id, '-'), kind, coalesce(successor_id, '-'), school_year) as succession_id,
    predecessor_id,
    successor_id,
    kind,
    school_year,
    note
from successions
