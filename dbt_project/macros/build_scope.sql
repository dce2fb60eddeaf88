{# The slots that tonight's selection changes stand in build.build_scope, a table written before dbt starts.
   An incremental model deletes those district-years first, then appends them: a district-year that became
   empty leaves nothing behind, which dbt's own delete+insert does not ensure. #}

{% macro delete_build_scope() %}
    {%- set scope = source('build', 'build_scope') -%}
    {%- if is_incremental() -%}
        delete from {{ this }}
        where exists (
            select 1 from {{ scope }} as scope
            where scope.district_id = {{ this.identifier }}.district_id
            and scope.school_year = {{ this.identifier }}.school_year
        )
    {%- endif -%}
{% endmacro %}

{# The condition that keeps the district-years in scope; all of them when the table is built from nothing. It is not
   correlated, so that DuckDB reads only those files' rows in which the scope's districts can be. #}
{% macro in_build_scope(relation) %}
    {%- if is_incremental() -%}
        ({{ relation }}.district_id, {{ relation }}.school_year) in (
            select scope.district_id, scope.school_year from {{ source('build', 'build_scope') }} as scope
        )
    {%- else -%}
        true
    {%- endif -%}
{% endmacro %}
