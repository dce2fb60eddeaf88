{# The columns of a share of teachers' time, from `value` on, in the order of measure_columns: days of full-time
   equivalents that count over all of them, shown as full-time equivalents of a year of n_days. #}
{% macro fte_share_columns(counted_days) -%}
    {{ rate(counted_days, 'fte_days') }} as value,
    {{ no_interval() }},
    cast({{ rate(counted_days, 'n_days') }} as decimal(38, 6)) as numerator,
    cast({{ rate('fte_days', 'n_days') }} as decimal(38, 6)) as denominator,
    cast({{ rate('fte_days', 'n_days') }} as decimal(38, 6)) as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    {{ value_status(counted_days, 'fte_days') }} as value_status,
    'staff' as domain,
    cast(null as date) as data_through
{%- endmacro %}
