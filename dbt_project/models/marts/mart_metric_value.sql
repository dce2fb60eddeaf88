select {{ figure_columns() }}
from {{ ref('fct_metric_value') }}
