select {{ figure_columns() }}
from {{ ref('mart_metric_value') }}
where metric_id like 'PPE.%' and entity_type in ('district', 'school', 'state')
