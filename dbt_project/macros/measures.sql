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

{# The columns of a figure that is divided, from `value` on, in the order of measure_columns: value and parts, how many
   they are of, and why there is no value. `too_few` says of a row that neither is shown. #}
{% macro ratio_columns(numerator, denominator, n, too_few=none, basis="'computed'", domain='finance') -%}
    {%- set shown = 'case when not ' ~ too_few ~ ' then ' if too_few else '' -%}
    {%- set end = ' end' if too_few else '' -%}
    {{ shown }}{{ rate(numerator, denominator) }}{{ end }} as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    {{ shown }}{{ numerator }}{{ end }} as numerator,
    {{ shown }}{{ denominator }}{{ end }} as denominator,
    {{ n }} as n,
    {{ basis }} as basis,
    cast(null as varchar) as vintage,
    {% if too_few %}case when {{ too_few }} then 'too_few' else {% endif -%}
    {{ value_status(numerator, denominator) }}{{ end }} as value_status,
    '{{ domain }}' as domain,
    cast(null as date) as data_through
{%- endmacro %}
