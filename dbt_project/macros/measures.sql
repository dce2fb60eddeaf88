{# Every model of figures: fct_metric_value unites them, and a ratio of the dictionary may be of any part of theirs. #}
{% macro measure_models() %}
    {% do return([
        'measure_reported', 'measure_state_spending_per_pupil', 'measure_state_function_spending',
        'measure_out_of_district_spending', 'measure_attendance', 'measure_chronic_absence',
        'measure_pooled_chronic_absence', 'measure_population_shares', 'measure_mobility', 'measure_discipline',
        'measure_incidents', 'measure_risk_ratio', 'measure_english_learners', 'measure_reclassification',
        'measure_programs', 'measure_tests', 'measure_climate', 'measure_core_index', 'measure_growth',
        'measure_school_spending', 'measure_district_spending', 'measure_budget_variance', 'measure_equity',
        'measure_spending_by_other_counts', 'measure_placements', 'measure_adjusted_spending',
        'measure_need_weighted_spending', 'measure_teacher_experience', 'measure_teacher_access',
        'measure_operations', 'measure_staff_ratios', 'measure_teacher_qualification', 'measure_teacher_retention',
        'measure_turnaround', 'measure_early_retention', 'measure_course_failure', 'measure_course_outcomes',
        'measure_early_warning', 'measure_support_windows', 'measure_support_reach', 'measure_support_delivery',
    ]) %}
{% endmacro %}

{# The columns every measure model has, in this order: fct_metric_value unites the measures by them. #}
{% macro measure_columns() -%}
    district_id, entity_type, entity_id, school_year, period, subgroup, breakdown, metric_id, variant,
    value, value_low, value_high, level, numerator, denominator, n, basis, vintage, value_status,
    domain, data_through
{%- endmacro %}

{# Why a value that we work out is there or is not: a missing or zero input is a state, never a zero. #}
{% macro value_status(numerator, denominator) -%}
    case
        when {{ numerator }} is null then 'numerator_missing'
        when {{ denominator }} is null then 'denominator_missing'
        when {{ denominator }} = 0 then 'denominator_zero'
        else 'computed'
    end
{%- endmacro %}

{# The columns of a figure that has no interval: between what it lies, and how sure that is. #}
{% macro no_interval() -%}
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level
{%- endmacro %}

{# The columns of a figure that is divided, from `value` on, in the order of measure_columns: value and parts, how many
   they are of, and why there is no value. `too_few` says of a row that neither is shown. #}
{% macro ratio_columns(numerator, denominator, n, too_few=none, basis="'computed'", domain='finance') -%}
    {%- set shown = 'case when not ' ~ too_few ~ ' then ' if too_few else '' -%}
    {%- set end = ' end' if too_few else '' -%}
    {{ shown }}{{ rate(numerator, denominator) }}{{ end }} as value,
    {{ no_interval() }},
    {{ shown }}{{ numerator }}{{ end }} as numerator,
    {{ shown }}{{ denominator }}{{ end }} as denominator,
    {{ n }} as n,
    {{ basis }} as basis,
    cast(null as varchar) as vintage,
    {% if too_few %}case when {{ too_few }} then 'too_few' else {% endif -%}
    {{ value_status(numerator, denominator) }}{{ end }} as value_status,
    '{{ domain }}' as domain,
    cast(null as date) as data_through
{%- endmacro %}

{# Of whom a figure is, where rows of the district stand beside those of its schools, without a school. #}
{% macro school_or_district() -%}
    case when school_id is null then 'district' else 'school' end as entity_type,
    coalesce(school_id, district_id) as entity_id
{%- endmacro %}
