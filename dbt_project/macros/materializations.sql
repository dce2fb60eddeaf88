{# How a model gets into a build file. Nobody reads the file before the doors have passed it, and a build that fails is
   thrown away. So a model is made where it belongs, and described, by one statement in one transaction. dbt's own way is
   for warehouses that are read meanwhile: it makes a model beside the old one, looks for indexes and keys that hold on
   to that, renames both, and asks for the columns again and again; that cost more than the models themselves.

   A build that starts as a copy of the last released one has that one's views, and the comments of its tables: the same
   code and configuration made them. Views are then left as they are. Only whoever copied the file may say so
   (SCHOOLSTAT_BUILD_IS_COPY), never dbt itself. #}

{% materialization view, adapter='duckdb' %}
    {% if is_left_as_copied() %}
        {% call noop_statement('main', message='left as copied') %}{% endcall %}
        {{ return({'relations': [this]}) }}
    {% endif %}
    {{ return(make_relation('view', create_from('view', sql))) }}
{% endmaterialization %}

{# What is released is hashed, copied and cut into districts in the order of its key: laid so once, none of these sorts. #}
{% materialization table, adapter='duckdb' %}
    {%- set rows = get_select_subquery(sql) ~ ' order by ' ~ by_key() if is_under_contract() else sql -%}
    {{ return(make_relation('table', create_from('table', rows))) }}
{% endmaterialization %}

{% macro by_key() %}
    {%- set columns = [] -%}
    {% for column in config.get('meta')['key'] %}
        {% do columns.append(adapter.quote(column)) %}
    {% endfor %}
    {% do return(columns | join(', ')) %}
{% endmacro %}

{% materialization incremental, adapter='duckdb' %}
    {{ return(make_relation('table', make_build_scope(sql))) }}
{% endmaterialization %}

{% macro is_left_as_copied() %}
    {%- set existing = load_cached_relation(this) -%}
    {% do return(
        env_var('SCHOOLSTAT_BUILD_IS_COPY', '') == 'yes'
        and existing is not none and existing.is_view and not should_full_refresh()
    ) %}
{% endmacro %}

{% macro create_from(kind, sql) %}
    create or replace {{ kind }} {{ this }} as (
        {{ sql }}
    );
    comment on {{ kind }} {{ this }} is {{ duckdb_escape_comment(model.description) }};
    {% for column in model.columns.values() %}
        comment on column {{ this }}.{{ adapter.quote(column.name) }} is {{ duckdb_escape_comment(column.description) }};
    {% endfor %}
{% endmacro %}

{% macro append_from(sql) %}
    insert into {{ this }} (
        {{ sql }}
    );
{% endmacro %}

{# Runs what makes the model, with its hooks, and holds what came of it against its contract. #}
{% macro make_relation(kind, statements) %}
    {%- set existing, relation = load_cached_relation(this), this.incorporate(type=kind) -%}
    {{ run_hooks(pre_hooks) }}
    {% if existing is not none and existing.type != kind %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
    {% call statement('main') %}{{ statements }}{% endcall %}
    {% if is_under_contract() %}
        {% do require_contract(relation) %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {{ adapter.commit() }}
    {{ return({'relations': [relation]}) }}
{% endmacro %}

{% macro is_under_contract() %}
    {% do return(config.get('contract').enforced) %}
{% endmacro %}

{# The very columns and types that the yml declares. Where they are not, dbt's own comparison says what differs; it also
   knows a type's other names. #}
{% macro require_contract(relation) %}
    {%- set made, declared = [], [] -%}
    {% for column in adapter.get_column_schema_from_query('select * from ' ~ relation) %}
        {% do made.append(column.name ~ ' ' ~ column.dtype) %}
    {% endfor %}
    {% for column in model.columns.values() %}
        {% do declared.append(column.name ~ ' ' ~ column.data_type | upper | replace(', ', ',')) %}
    {% endfor %}
    {% if made | sort != declared | sort %}
        {% do assert_columns_equivalent('select * from ' ~ relation) %}
    {% endif %}
{% endmacro %}
