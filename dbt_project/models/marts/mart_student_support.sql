select {{ figure_columns(families=false) }}
from {{ ref('mart_metric_value') }}
where
    split_part(metric_id, '.', 1) in ('SS', 'ST')
    and entity_type in ('district', 'school', 'state', 'collaborative')
