{# Days of facts about pupils on which one who came back was enrolled. Whoever had a single stay (n_stays = 1) is enrolled
   from its first to its last day, and is not looked up. #}
{% macro days_of_returned(facts, day) -%}
    select
        places.district_id, places.school_year, places.entity_type, places.entity_id, places.student_key, facts.{{ day }}
    from {{ ref('int_enrollment__student_year') }} as places
    inner join {{ ref('fct_enrollment') }} as spans
        on
            places.district_id = spans.district_id
            and places.school_year = spans.school_year
            and places.student_key = spans.student_key
            and (places.entity_type = 'district' or places.entity_id = spans.school_id)
    inner join {{ facts }} as facts
        on
            spans.district_id = facts.district_id
            and spans.school_year = facts.school_year
            and spans.student_key = facts.student_key
            and spans.entry_date <= facts.{{ day }}
            and spans.last_date >= facts.{{ day }}
    where places.n_stays > 1 and spans.is_primary
{%- endmacro %}

{# Rows of pupils (district_id, school_year, student_key) over all pupils, and again in each group that a pupil is in. #}
{% macro in_each_subgroup(pupils) -%}
    select *, 'all' as subgroup from {{ pupils }}
    union all
    select {{ pupils }}.*, members.subgroup
    from {{ pupils }}
    inner join {{ ref('brg_student_subgroup') }} as members
        on
            {{ pupils }}.district_id = members.district_id
            and {{ pupils }}.school_year = members.school_year
            and {{ pupils }}.student_key = members.student_key
    where {{ in_build_scope('members') }}
{%- endmacro %}
