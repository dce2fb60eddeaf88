{# The columns of a mart of figures, in this order; those of spending's families only where the mart has such figures. #}
{% macro figure_columns(families=true) -%}
    district_id,
    entity_type,
    entity_id,
    school_id,
    school_year,
    fiscal_year,
    period,
    subgroup,
    breakdown,
    metric_id,
    variant,
    value,
    value_low,
    value_high,
    level,
    numerator,
    denominator,
    n,
    basis,
    vintage,
    method_version,
    data_through,
    freshness,
    value_status
    {%- if families %},
    ppe_family,
    denominator_basis
    {%- endif %}
{%- endmacro %}
