select {{ figure_columns() }}
from {{ ref('shared_metric_value') }}
where metric_id like 'PPE.%'
