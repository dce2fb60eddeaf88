{# What tells one computed figure from another, and what is said of it: hashes, so that both sides of a comparison stay
   small however long the names are. #}
{% macro figure_hash() -%}
    hash(district_id, metric_id, variant, entity_type, entity_id, school_year, period, subgroup, breakdown)
{%- endmacro %}

{% macro said_hash() -%}
    hash(value, numerator, denominator, n, value_status)
{%- endmacro %}

{# The columns of mart_restated_figure, in this order. #}
{% macro restated_columns() -%}
    district_id, metric_id, variant, entity_type, entity_id, school_year, period, subgroup, breakdown,
    value_before, value_after, numerator_before, numerator_after, denominator_before, denominator_after,
    n_before, n_after, value_status_before, value_status_after,
    reason, changed_extracts, delivery_ids_before, delivery_ids_after,
    as_of_before, as_of_after, release_id_before, build_id_after
{%- endmacro %}
