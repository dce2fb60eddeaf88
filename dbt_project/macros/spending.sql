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

{# Whose pupils a figure per pupil is divided by; NULL for a figure that is not per pupil. A metric and variant has one:
   what is of one variant can be compared. #}
{% macro denominator_basis() -%}
    case
        when metric_id in (
            'PPE.D07', 'PPE.D08', 'PPE.D09', 'PPE.D10', 'PPE.D11', 'PPE.D13', 'PPE.D14', 'PPE.S08',
            'PPE.N01', 'PPE.N02', 'PPE.N03', 'PPE.N04', 'PPE.N05'
        ) then null
        when metric_id = 'PPE.D12' then 'placement_fte'
        when metric_id = 'PPE.D17' then 'need_weighted_adm'
        when variant = 'essa' then 'adm'
        when variant = 'essa_october_count' then 'october_count'
        when variant = 'essa_state_fte' then 'state_fte'
        when variant = 'state_functional' and (metric_id = 'PPE.D03' or breakdown = 'of=PPE.D03') then 'state_total_fte'
        when variant = 'state_functional' then 'state_fte'
        else 'as_reported'
    end
{%- endmacro %}
