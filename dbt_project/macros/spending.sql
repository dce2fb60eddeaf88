{# The eight parts of a school's spending: where it is coded, who pays, and whether it pays people. They are constants of
   the federal statute (site and central, federal and state or local, personnel and non-personnel). #}
{% macro spending_parts() %}
    {% do return([
        'site_federal_personnel', 'site_federal_nonpersonnel',
        'site_state_local_personnel', 'site_state_local_nonpersonnel',
        'central_federal_personnel', 'central_federal_nonpersonnel',
        'central_state_local_personnel', 'central_state_local_nonpersonnel',
    ]) %}
{% endmacro %}

{# The sum of the parts that match each given word; NULL when one of them is. #}
{% macro sum_of_parts(place='', source_group='', object_class='') -%}
    {%- set columns = [] -%}
    {%- for part in spending_parts()
        if part.startswith(place) and '_' ~ source_group in part and '_' ~ object_class in part -%}
        {%- do columns.append(part ~ '_usd') -%}
    {%- endfor -%}
    {{ columns | join(' + ') }}
{%- endmacro %}

{# The parts that match, over the pupils in `adm`, as a column of a wide mart. #}
{% macro per_pupil(column, place='', source_group='', object_class='') -%}
    {{ rate('(' ~ sum_of_parts(place, source_group, object_class) ~ ')', 'adm') }} as {{ column }}
{%- endmacro %}
