{# Chronic absence, for whichever entity a pupil's days are added up over: one school, one district or all of them. #}

{# A pupil's days over the rows of a group. Who is still at one school of them has not left. #}
{% macro days_of_pupil() -%}
    arg_max(grade, (last_entry_date, district_id, school_id)) as grade,
        sum(days_enrolled) as days_enrolled,
        sum(exit_days) as exit_days,
        bool_and(is_leaver) as is_leaver,
        min(data_through) as data_through
{%- endmacro %}

{# Which absences count by which rule: a row for each kind of attendance, on the day of leaving or not. Authorities that
   count the same things share the sums. #}
{% macro counted_absences(authorities) -%}
    select rules.*, days.is_exit_day
    from (
        select counted_categories, exit_day_counts, unnest(string_split(counted_categories, ' ')) as category
        from {{ authorities }}
        group by counted_categories, exit_day_counts
    ) as rules
    cross join (values (true), (false)) as days (is_exit_day)
    where rules.exit_day_counts or not days.is_exit_day
{%- endmacro %}

{# Days that an authority counts for a pupil: enrolled, and absent by its rule for parts of a day. #}
{% macro days_by_authority(pupils, absent, authorities) -%}
    {{ pupils }}.days_enrolled
        - case when {{ authorities }}.exit_day_counts then 0 else {{ pupils }}.exit_days end as days_counted,
        cast(coalesce(
            case {{ authorities }}.partial_day_rule
                when 'half_day' then {{ absent }}.half_day_absences
                when 'fraction' then {{ absent }}.days_absent
            end,
            0
        ) as decimal(38, 28)) as days_missed
{%- endmacro %}

{# Whether an authority looks at the pupil at all: enrolled long enough, there often enough, and not gone. #}
{% macro is_evaluated() -%}
    coalesce(days_counted, 0) >= minimum_days
        and (minimum_days_rule = 'at_least' or days_counted > minimum_days)
        and days_counted - days_missed >= minimum_days_present
        and (leavers = 'count' or not is_leaver)
{%- endmacro %}

{# Whether the days missed reach the authority's share of the days counted, or its number of days. #}
{% macro is_too_often_absent() -%}
    {{ reaches_share('days_missed', 'coalesce(absence_days, absence_share * days_counted)', 1) }}
{%- endmacro %}

{# A grade as states print it in a breakdown: pk, k, 1 and on. #}
{% macro grade_in_breakdown(grade) -%}
    case {{ grade }} when 'PK' then 'pk' when 'KG' then 'k' else ltrim({{ grade }}, '0') end
{%- endmacro %}
