{# What is compared, as the breakdown of an index of equity. #}
{% macro equity_breakdown() -%}
    case
        when unit_type = 'district' then 'units=districts'
        when grade_span = 'all' then 'all'
        else 'grade_span=' || grade_span
    end
{%- endmacro %}

{# Basis of an index: worked out from records, or by arithmetic on what a state printed; no state printed the index. #}
{% macro equity_basis() -%}
    case basis when 'reported' then 'implied' else basis end
{%- endmacro %}
