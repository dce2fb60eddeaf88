{# Chronic absence, for whichever entity a pupil's days are added up over: one school, one district or all of them. #}

{# A pupil's days over the rows of a group. #}
{% macro days_of_pupil() -%}
    arg_max(grade, (last_entry_date, district_id, school_id)) as grade,
        sum(days_enrolled) as days_enrolled,
        sum(days_absent) as days_absent,
        sum(half_day_absences) as half_day_absences,
        min(data_through) as data_through
{%- endmacro %}

{# Whether an authority looks at the pupil at all: enrolled long enough, and in one of its grades. #}
{% macro is_evaluated(pupil, authority) -%}
    coalesce({{ pupil }}.days_enrolled, 0) >= {{ authority }}.minimum_days
        and list_contains(string_split({{ authority }}.grades, ' '), {{ pupil }}.grade)
{%- endmacro %}

{# Whether days absent / days enrolled reaches the authority's share, parts of a day as it counts them. #}
{% macro is_chronically_absent(pupil, authority) -%}
    case {{ authority }}.partial_day_rule
            when 'half_day' then {{ pupil }}.half_day_absences
                >= {{ authority }}.absence_share * {{ pupil }}.days_enrolled
            when 'fraction' then {{ reaches_share(
                pupil ~ '.days_absent', authority ~ '.absence_share', pupil ~ '.days_enrolled'
            ) }}
        end
{%- endmacro %}
