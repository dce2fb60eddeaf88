{# A model's schema is its layer's name, without a prefix: one build file holds one build. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
