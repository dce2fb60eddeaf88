{# A build that starts as a copy of the last released one has that one's views, and the comments of its tables: the same
   code and configuration made them. Views are then left as they are, and what is appended to is not described anew. Only
   whoever copied the file may say so (SCHOOLSTAT_BUILD_IS_COPY), never dbt itself. #}

{% macro is_left_as_copied(relation, kind) %}
    {%- set existing = load_cached_relation(relation) -%}
    {% do return(
        env_var('SCHOOLSTAT_BUILD_IS_COPY', '') == 'yes'
        and existing is not none and existing.type == kind and not should_full_refresh()
    ) %}
{% endmacro %}

{% materialization view, adapter='duckdb' %}
    {% if is_left_as_copied(this, 'view') %}
        {% call noop_statement('main', message='left as copied') %}{% endcall %}
        {{ return({'relations': [this]}) }}
    {% endif %}
    {{ return(dbt.materialization_view_default()) }}
{% endmaterialization %}

{% macro duckdb__persist_docs(relation, model, for_relation, for_columns) %}
    {% if not (model.config.materialized == 'incremental' and is_left_as_copied(relation, 'table')) %}
        {{ return(dbt.default__persist_docs(relation, model, for_relation, for_columns)) }}
    {% endif %}
{% endmacro %}
