{# numerator / denominator as DECIMAL(38,10), exact, with one rounding, half away from zero; NULL when either is
   NULL or the denominator is zero. Inputs are exact to six decimals. DuckDB's DECIMAL / DECIMAL is DOUBLE, so the
   quotient is an integer division: both inputs in millionths, the result in ten-thousand-millionths, and twice
   each so that half a unit is whole. Numerators up to 8 * 10^21 fit 128 bits; beyond, DuckDB raises an error. #}
{% macro rate(numerator, denominator) %}
    {{- return(adapter.dispatch('rate', 'schoolstat')(numerator, denominator)) -}}
{% endmacro %}

{% macro duckdb__rate(numerator, denominator) -%}
    {%- set top = in_millionths('abs(' ~ numerator ~ ')') -%}
    {%- set bottom = in_millionths('abs(' ~ denominator ~ ')') -%}
    cast(
        sign({{ numerator }}) * sign({{ denominator }})
        * ((2 * 10000000000::hugeint * {{ top }} + {{ bottom }}) // nullif(2 * {{ bottom }}, 0))
        as decimal(38, 0)
    ) * 0.0000000001::decimal(10, 10)
{%- endmacro %}

{% macro in_millionths(number) -%}
    cast(cast({{ number }} as decimal(38, 6)) * 1000000 as hugeint)
{%- endmacro %}
