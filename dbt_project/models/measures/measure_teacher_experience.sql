-- Full-time equivalents are days of assignment over the days of the year. A teacher of unknown experience is neither
-- new nor experienced: the share of a school with one is not known. Years in the state's schools and years in all are
-- two definitions, and each is shown where the district sends it.
with years as (
    select school_year, starts_on, ends_on, {{ days_between('starts_on', 'ends_on') }} + 1 as n_days
    from {{ ref('dim_period') }}
    where period = 'year'
),

assignments as (
    select
        staff.district_id,
        staff.school_year,
        staff.school_id,
        staff.staff_key,
        years.n_days,
        staff.fte * greatest(
            {{ days_between('greatest(staff.begin_date, years.starts_on)',
                            'least(coalesce(staff.end_date, years.ends_on), years.ends_on)') }} + 1, 0
        ) as fte_days
    from {{ ref('stg_district__staff_assignments') }} as staff
    inner join years on staff.school_year = years.school_year
    where staff.role = 'teacher' and {{ in_build_scope('staff') }}
),

teachers as (
    select assignments.*, people.years_exp_state, people.years_exp_total
    from assignments
    left join {{ ref('stg_district__staff') }} as people
        on
            assignments.district_id = people.district_id
            and assignments.school_year = people.school_year
            and assignments.staff_key = people.staff_key
    where assignments.fte_days > 0
),

sent as (
    {% for variant, column in [('state_years', 'years_exp_state'), ('all_years', 'years_exp_total')] %}
    select
        *,
        '{{ variant }}' as variant,
        {{ column }} as years,
        count({{ column }}) over (partition by district_id, school_year) as n_known
    from teachers
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

sums as (
    select
        sent.district_id,
        sent.school_year,
        sent.school_id,
        sent.variant,
        any_value(sent.n_days) as n_days,
        cast(sum(sent.fte_days) as decimal(38, 6)) as fte_days,
        cast(case
            when count(*) = count(sent.years)
                then coalesce(sum(case when sent.years >= thresholds.value then sent.fte_days end), 0)
        end as decimal(38, 6)) as experienced_days
    from sent
    cross join {{ source('collaborative', 'thresholds') }} as thresholds
    where thresholds.threshold = 'experienced_teacher_years' and sent.n_known > 0
    group by grouping sets (
        (sent.district_id, sent.school_year, sent.school_id, sent.variant),
        (sent.district_id, sent.school_year, sent.variant)
    )
)

select
    district_id,
    {{ school_or_district() }},
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    'ST.06' as metric_id,
    variant,
    {{ fte_share_columns('experienced_days') }}
from sums
