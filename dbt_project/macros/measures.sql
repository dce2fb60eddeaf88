{# The columns every measure model has, in this order: fct_metric_value unites the measures by them. #}
{% macro measure_columns() -%}
    district_id, entity_type, entity_id, school_year, period, subgroup, breakdown, metric_id, variant,
    value, value_low, value_high, level, numerator, denominator, n, basis, vintage, value_status,
    domain, data_through
{%- endmacro %}

{# Why a value that we work out is there or is not: a missing or zero input is a state, never a zero. #}
{% macro value_status(numerator, denominator) -%}
    case
        when {{ numerator }} is null then 'numerator_missing'
        when {{ denominator }} is null then 'denominator_missing'
        when {{ denominator }} = 0 then 'denominator_zero'
        else 'computed'
    end
{%- endmacro %}
