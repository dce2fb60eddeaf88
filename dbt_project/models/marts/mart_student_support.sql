select {{ figure_columns(families=false) }}, is_low_participation
from {{ ref('mart_metric_value') }}
where
    split_part(metric_id, '.', 1) in ('SS', 'ST')
    and entity_type in ('district', 'school', 'state', 'collaborative')
