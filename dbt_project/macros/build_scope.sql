{# The district-years that tonight's selection changes stand in build.build_scope, a table written before dbt starts. An
   incremental model deletes those first, then appends them: a district-year that became empty leaves nothing behind,
   which dbt's own delete+insert does not ensure. A scope of more rows than fit into memory has several slices
   (SCHOOLSTAT_BUILD_SLICES), and what is in one is made and appended before the next. #}

{% macro build_slices() %}
    {# Not asked while the project is parsed: dbt would parse these models anew whenever it is another number. A unit
       test has no scope to divide, and a view is kept by later nights, which have another. #}
    {% do return(env_var('SCHOOLSTAT_BUILD_SLICES', '1') | int if execute and model.config.materialized == 'incremental' else 1) %}
{% endmacro %}

{# The condition that keeps the district-years in scope; all of them when the table is built from nothing at once. The
   last part alone says it exactly. A view that adds up rows would not be read for a scope's districts by that, but
   whole, and once more for every slice; comparisons with constants, which a variable is to DuckDB, reach the rows that it
   adds up. #}
{% macro in_build_scope(relation) %}
    {%- set scope = source('build', 'build_scope') -%} {# named while parsing, too: it is what dbt knows the lineage by #}
    {%- if is_incremental() or build_slices() > 1 -%}
        (
            {{ relation }}.district_id between getvariable('scope').first_district and getvariable('scope').last_district
            and list_contains(getvariable('scope').districts, {{ relation }}.district_id)
            and {{ relation }}.school_year between getvariable('scope').first_year and getvariable('scope').last_year
            and ({{ relation }}.district_id, {{ relation }}.school_year) in (
                select scope.district_id, scope.school_year
                from {{ scope }} as scope
                where scope.slice is not distinct from coalesce(getvariable('scope').slice, scope.slice)
            )
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
        {{ say_scope(slice if build_slices() > 1 else 'null::integer') }}
        {{ append_from(sql) if is_incremental() or not loop.first else create_from('table', sql) }}
    {% endfor %}
{% endmacro %}

{# Which district-years are made next: those of a slice, or of the whole scope where the slice is NULL. #}
{% macro say_scope(slice) %}
    set variable scope = (
        select
            {
                'slice': {{ slice }},
                'districts': list(distinct district_id),
                'first_district': min(district_id),
                'last_district': max(district_id),
                'first_year': min(school_year),
                'last_year': max(school_year)
            }
        from {{ source('build', 'build_scope') }}
        where slice is not distinct from coalesce({{ slice }}, slice)
    );
{% endmacro %}
