{# The district-years that tonight's selection changes stand in build.build_scope, a table written before dbt starts. An
   incremental model deletes those first, then appends them: a district-year that became empty leaves nothing behind,
   which dbt's own delete+insert does not ensure. A scope of more rows than fit into memory has several slices
   (SCHOOLSTAT_BUILD_SLICES), and what is in one is made and appended before the next. #}

{% macro build_slices() %}
    {# Not asked while the project is parsed: dbt would parse these models anew whenever it is another number. A unit
       test has no scope to divide, and a view is kept by later nights, which have another. #}
    {% do return(env_var('SCHOOLSTAT_BUILD_SLICES', '1') | int if execute and model.config.materialized == 'incremental' else 1) %}
{% endmacro %}

{# The condition that keeps the district-years in scope; all of them when the table is built from nothing at once. It is
   not correlated, so that DuckDB reads only those files' rows in which the scope's districts can be. #}
{% macro in_build_scope(relation) %}
    {%- set scope = source('build', 'build_scope') -%}
    {%- if is_incremental() or build_slices() > 1 -%}
        ({{ relation }}.district_id, {{ relation }}.school_year) in (
            select scope.district_id, scope.school_year from {{ scope }} as scope
            {%- if build_slices() > 1 %}
            where scope.slice is not distinct from coalesce(getvariable('build_slice'), scope.slice)
            {%- endif %}
        )
    {%- else -%}
        true
    {%- endif -%}
{% endmacro %}

{# What makes an incremental model: slice after slice, each appended to those before it. #}
{% macro make_build_scope(sql) %}
    {% if is_incremental() %}
        delete from {{ this }} as kept
        using {{ source('build', 'build_scope') }} as scope
        where kept.district_id = scope.district_id and kept.school_year = scope.school_year;
    {% endif %}
    {% for slice in range(1, build_slices() + 1) %}
        set variable build_slice = {{ slice }};
        {{ append_from(sql) if is_incremental() or not loop.first else create_from('table', sql) }}
    {% endfor %}
    reset variable build_slice;
{% endmacro %}
