{# Inputs of operations metrics as long rows, one for each input of each row of `relation`, which has the columns
   district_id, entity_type, entity_id, school_year, month, breakdown and n; an amount of the year has no month. `inputs`
   names each input's amount. #}
{% macro operations_inputs(relation, inputs, domain='operations') -%}
    {%- for input_id, amount in inputs.items() %}
    select
        district_id, entity_type, entity_id, school_year, coalesce(strftime(month, '%Y-%m'), 'year') as period,
        breakdown, '{{ input_id }}' as input_id,
        cast({{ amount }} as decimal(38, 6)) as amount, cast(n as decimal(38, 6)) as n, '{{ domain }}' as domain
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# A sum that is NULL when a part of it is: what one of them does not say, their sum does not say. #}
{% macro whole_sum(amount) -%}
    case when count(*) = count({{ amount }}) then sum({{ amount }}) end
{%- endmacro %}

{# The sum of what meets a condition; NULL when of one row it is not known whether it does. #}
{% macro whole_sum_where(amount, condition) -%}
    {{ whole_sum('case when ' ~ condition ~ ' then ' ~ amount ~ ' when not (' ~ condition ~ ') then 0 end') }}
{%- endmacro %}
