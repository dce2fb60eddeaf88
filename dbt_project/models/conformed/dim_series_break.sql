with configured as (
    select
        metric_id,
        coalesce(subgroup, '*') as subgroup,
        coalesce(entity_type, '*') as entity_type,
        '*' as entity_id,
        from_school_year,
        note
    from {{ source('collaborative', 'series_breaks') }}
),

-- A district or school that took in another one is not the same pupils as before, whatever is measured.
mergers as (
    select
        '*' as metric_id,
        '*' as subgroup,
        '*' as entity_type,
        successor_id as entity_id,
        school_year as from_school_year,
        string_agg('took in ' || predecessor_id, '; ' order by predecessor_id asc) as note
    from {{ ref('brg_entity_succession') }}
    where kind = 'merged'
    group by successor_id, school_year
),

breaks as (
    select * from configured
    union all
    select * from mergers
)

select
    metric_id,
    subgroup,
    entity_type,
    entity_id,
    from_school_year,
    note
from breaks
