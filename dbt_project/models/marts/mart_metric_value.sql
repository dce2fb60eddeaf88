select {{ figure_columns() }}, is_low_participation
from {{ ref('fct_metric_value') }}
