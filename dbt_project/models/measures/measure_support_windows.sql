-- Pupils of a window's grades: who is in which tier on its day, the highest active one of the domain, and how many were
-- screened. A window counts once the delivery that tells of it reaches its day, or its end; who moved in between is
-- enrolled at both schools, and in the district once.
with deliveries as (
    select
        district_id,
        school_year,
        max(data_through) filter (where contract = 'interventions') as supports_through,
        max(data_through) filter (where contract = 'screeners') as screeners_through
    from {{ source('build', 'selection') }}
    where contract in ('interventions', 'screeners') and is_current
    group by district_id, school_year
),

windows as (
    select
        deliveries.*,
        windows.screening_window,
        windows.begins_on,
        windows.ends_on,
        windows.snapshot_on,
        windows.grades
    from {{ source('collaborative', 'screening_windows') }} as windows
    inner join deliveries on windows.school_year = deliveries.school_year
    where {{ in_build_scope('deliveries') }}
),

enrolled as (
    select
        spans.district_id,
        spans.school_year,
        spans.school_id,
        windows.screening_window,
        spans.student_key,
        bool_or(windows.snapshot_on between spans.entry_date and spans.last_date)
        and any_value(windows.supports_through) >= any_value(windows.snapshot_on) as is_placed,
        coalesce(any_value(windows.screeners_through) >= any_value(windows.ends_on), false) as is_over
    from {{ ref('fct_enrollment') }} as spans
    inner join windows
        on
            spans.district_id = windows.district_id
            and spans.school_year = windows.school_year
            and spans.entry_date <= windows.ends_on
            and spans.last_date >= windows.begins_on
            and list_contains(string_split(windows.grades, ' '), spans.grade)
    where spans.is_primary
    group by grouping sets (
        (spans.district_id, spans.school_year, spans.school_id, windows.screening_window, spans.student_key),
        (spans.district_id, spans.school_year, windows.screening_window, spans.student_key)
    )
),

active as (
    select
        supports.district_id,
        supports.school_year,
        windows.screening_window,
        supports.student_key,
        supports.domain,
        max(supports.tier) as tier
    from {{ ref('stg_district__interventions') }} as supports
    inner join windows
        on
            supports.district_id = windows.district_id
            and supports.school_year = windows.school_year
            and windows.snapshot_on >= supports.start_date
            and windows.snapshot_on <= coalesce(supports.end_date, date '9999-12-31')
    group by
        supports.district_id, supports.school_year, windows.screening_window, supports.student_key, supports.domain
),

screened as (
    select
        screeners.district_id,
        screeners.school_year,
        windows.screening_window,
        screeners.student_key,
        screeners.domain,
        bool_or(screeners.status = 'tested') as is_tested,
        bool_or(screeners.status = 'exempt') as is_exempt
    from {{ ref('stg_district__screeners') }} as screeners
    inner join windows
        on
            screeners.district_id = windows.district_id
            and screeners.school_year = windows.school_year
            and screeners.screening_window = windows.screening_window
    where screeners.intervention_id is null
    group by
        screeners.district_id, screeners.school_year, windows.screening_window, screeners.student_key,
        screeners.domain
),

-- A domain in which a district screens or supports anybody in the year has figures in each of its windows.
domains as (
    select district_id, school_year, domain, max(1) as is_supported, max(is_screened) as is_screened
    from (
        select district_id, school_year, domain, 0 as is_screened from active
        union all
        select district_id, school_year, domain, 1 as is_screened from screened
    ) as named
    group by district_id, school_year, domain
),

pupils as (
    select
        enrolled.*,
        domains.domain,
        domains.is_screened = 1 and enrolled.is_over and not (
            coalesce(screened.is_exempt, false) and not coalesce(screened.is_tested, false)
        ) as is_asked,
        coalesce(screened.is_tested, false) as is_tested,
        coalesce(active.tier, 1) as tier
    from enrolled
    inner join domains on enrolled.district_id = domains.district_id and enrolled.school_year = domains.school_year
    {% for part in ['active', 'screened'] %}
    left join {{ part }}
        on
            enrolled.district_id = {{ part }}.district_id
            and enrolled.school_year = {{ part }}.school_year
            and enrolled.screening_window = {{ part }}.screening_window
            and enrolled.student_key = {{ part }}.student_key
            and domains.domain = {{ part }}.domain
    {% endfor %}
),

sums as (
    select
        district_id,
        school_year,
        school_id,
        'window=' || screening_window || ',domain=' || domain as slice,
        {% for tier in [1, 2, 3] %}
        count(*) filter (where is_placed and tier = {{ tier }}) as tier_{{ tier }},
        {% endfor %}
        count(*) filter (where is_placed) as placed,
        count(*) filter (where is_asked) as asked,
        count(*) filter (where is_asked and is_tested) as tested
    from pupils
    group by district_id, school_year, school_id, screening_window, domain
),

figures as (
    {% for tier in [1, 2, 3] %}
    select
        *,
        'SS.T01' as metric_id,
        'highest_active_tier' as variant,
        slice || ',tier={{ tier }}' as breakdown,
        tier_{{ tier }} as counted,
        placed as counted_of
    from sums
    union all
    {% endfor %}
    select
        *,
        'SS.T02' as metric_id,
        'enrolled_in_window' as variant,
        slice as breakdown,
        tested as counted,
        asked as counted_of
    from sums
)

select
    district_id,
    case when school_id is null then 'district' else 'school' end as entity_type,
    coalesce(school_id, district_id) as entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    breakdown,
    metric_id,
    variant,
    {{ rate('counted', 'counted_of') }} as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    cast(counted as decimal(38, 6)) as numerator,
    cast(counted_of as decimal(38, 6)) as denominator,
    cast(counted_of as decimal(38, 6)) as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    'computed' as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
where counted_of > 0
