{# The ten in-district functions of the state's report. They are constants of mart_per_pupil_spending_wide, whose
   columns are a promise to its readers: a collaborative's own codes are data and appear in the long mart. #}
{% macro reported_functions() %}
    {% do return([
        'administration', 'instructional_leadership', 'teachers', 'other_teaching_services',
        'professional_development', 'instructional_materials', 'guidance_counseling_testing', 'pupil_services',
        'operations_maintenance', 'insurance_retirement_other',
    ]) %}
{% endmacro %}

{# One metric as two columns of a wide mart: the value, and beside it why it is there or is not. #}
{% macro pivot_metric(metric_id, column, data_type, breakdown='all') -%}
    cast(max(case when metric_id = '{{ metric_id }}' and breakdown = '{{ breakdown }}' then value end) as {{ data_type }})
        as {{ column }},
    coalesce(
        max(case when metric_id = '{{ metric_id }}' and breakdown = '{{ breakdown }}' then value_status end), 'absent'
    ) as {{ column }}_status
{%- endmacro %}

{# One item of a district's profile as two columns: the value, and beside it why it is there or is not. #}
{% macro pivot_item(item, data_type) -%}
    cast(max(case when items.item = '{{ item }}' then items.value end) as {{ data_type }}) as {{ item }},
    coalesce(max(case when items.item = '{{ item }}' then items.value_status end), 'absent') as {{ item }}_status
{%- endmacro %}
