{# Days missed as exact numbers. A part of a day is a fraction, and 1/6 or 1/7 has no end as a decimal: floats miss the
   line of 10 % where it is met. Here each part is cut off after 28 digits. Fractions whose least common denominator is
   below 10^19 either meet a share of six digits or miss it by more than 10^-25: a thousand cuts are less than that. #}

{# The sum of minutes / day_minutes over a group, parts of a day cut off after 28 digits. #}
{% macro days_missed(minutes, day_minutes) %}
    {{- return(adapter.dispatch('days_missed', 'schoolstat')(minutes, day_minutes)) -}}
{% endmacro %}

{# Fourteen digits at a time, in 64 bits: DuckDB divides 128 bits one by one. #}
{% macro duckdb__days_missed(minutes, day_minutes) -%}
    {%- set wide = minutes ~ ' * 100000000000000' -%}
    {%- set rest = '(' ~ wide ~ ' % ' ~ day_minutes ~ ') * 100000000000000' -%}
    sum(case when {{ minutes }} >= {{ day_minutes }} then 1 else 0 end)
        + cast(sum(case when {{ minutes }} < {{ day_minutes }} then ({{ wide }}) // {{ day_minutes }} else 0 end)
            as decimal(38, 0)) * 0.00000000000001::decimal(14, 14)
        + cast(sum(case when {{ minutes }} < {{ day_minutes }} then ({{ rest }}) // {{ day_minutes }} else 0 end)
            as decimal(38, 0)) * 0.0000000000000000000000000001::decimal(28, 28)
{%- endmacro %}

{# Whether a sum of days_missed is at least the share of a whole number of days, as if nothing had been cut off. #}
{% macro reaches_share(days, share, all_days) %}
    {{- return(adapter.dispatch('reaches_share', 'schoolstat')(days, share, all_days)) -}}
{% endmacro %}

{% macro duckdb__reaches_share(days, share, all_days) -%}
    {{ days }} + 0.0000000000000000000000001::decimal(28, 28) >= cast({{ share }} * {{ all_days }} as decimal(38, 28))
{%- endmacro %}
