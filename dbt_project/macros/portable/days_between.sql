{# Whole days from one date to another; negative when the second is earlier. #}
{% macro days_between(first_date, second_date) %}
    {{- return(adapter.dispatch('days_between', 'schoolstat')(first_date, second_date)) -}}
{% endmacro %}

{% macro duckdb__days_between(first_date, second_date) -%}
    date_diff('day', {{ first_date }}, {{ second_date }})
{%- endmacro %}
