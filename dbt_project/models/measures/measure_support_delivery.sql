-- What planned support came to: minutes, progress, and the tier after it; one intervention of one pupil at a time,
-- added up by tier. A plan counts to date (as far as both interventions and sessions were sent), in proportion to days
-- of instruction gone by, less the sessions that fell on a day on which the school was closed. Nobody is judged before
-- the planned last day, nor who left before it.
with deliveries as (
    select
        district_id,
        school_year,
        max(data_through) filter (where contract = 'interventions') as data_through,
        max(data_through) filter (where contract = 'intervention_sessions') as sessions_through,
        count(*) filter (where contract = 'intervention_sessions') > 0 as has_sessions
    from {{ source('build', 'selection') }}
    where contract in ('interventions', 'intervention_sessions') and is_current
    group by district_id, school_year
),

supports as (
    select
        supports.*,
        deliveries.data_through,
        deliveries.has_sessions,
        least(
            coalesce(supports.end_date, supports.planned_end_date), supports.planned_end_date, deliveries.data_through,
            coalesce(deliveries.sessions_through, deliveries.data_through)
        ) as planned_to
    from {{ ref('stg_district__interventions') }} as supports
    inner join deliveries
        on supports.district_id = deliveries.district_id and supports.school_year = deliveries.school_year
    where supports.start_date is not null and {{ in_build_scope('supports') }}
),

school_days as (
    select district_id, school_year, school_id, calendar_date
    from {{ ref('dim_calendar_day') }}
    where is_instructional and {{ in_build_scope('dim_calendar_day') }}
    group by district_id, school_year, school_id, calendar_date
),

numbered as (
    select
        *,
        row_number() over (partition by district_id, school_year, school_id order by calendar_date asc) as n_so_far
    from school_days
),

-- Days of instruction of the school before it begins, to date, and to the planned end.
planned as (
    select
        supports.*,
        coalesce(before.n_so_far, 0) as n_before,
        to_date.n_so_far as n_to_date,
        to_end.n_so_far as n_to_end
    from supports
    {% for name, day in [
        ('before', 'supports.start_date - 1'), ('to_date', 'supports.planned_to'),
        ('to_end', 'supports.planned_end_date')
    ] %}
    asof left join numbered as {{ name }}
        on
            supports.district_id = {{ name }}.district_id
            and supports.school_year = {{ name }}.school_year
            and supports.school_id = {{ name }}.school_id
            and {{ day }} >= {{ name }}.calendar_date
    {% endfor %}
),

sessions as (
    select
        sessions.district_id,
        sessions.school_year,
        sessions.intervention_id,
        sessions.student_key,
        coalesce(sum(sessions.minutes) filter (where sessions.attended), 0) as minutes,
        count(*) filter (where not sessions.attended and school_days.calendar_date is null) as n_closed
    from {{ ref('stg_district__intervention_sessions') }} as sessions
    inner join supports
        on
            sessions.district_id = supports.district_id
            and sessions.school_year = supports.school_year
            and sessions.intervention_id = supports.intervention_id
            and sessions.student_key = supports.student_key
            and sessions.session_date <= supports.planned_to
    left join school_days
        on
            supports.district_id = school_days.district_id
            and supports.school_year = school_days.school_year
            and supports.school_id = school_days.school_id
            and sessions.session_date = school_days.calendar_date
    group by sessions.district_id, sessions.school_year, sessions.intervention_id, sessions.student_key
),

doses as (
    select
        planned.*,
        coalesce(sessions.minutes, 0) as counted,
        planned.session_minutes * (
            planned.planned_sessions
            * {{ rate('(planned.n_to_date - planned.n_before)', '(planned.n_to_end - planned.n_before)') }}
            - coalesce(sessions.n_closed, 0)
        ) as counted_of
    from planned
    left join sessions
        on
            planned.district_id = sessions.district_id
            and planned.school_year = sessions.school_year
            and planned.intervention_id = sessions.intervention_id
            and planned.student_key = sessions.student_key
    where planned.has_sessions
),

checks as (
    select
        supports.district_id,
        supports.school_year,
        supports.intervention_id,
        supports.student_key,
        any_value(supports.school_id) as school_id,
        any_value(supports.tier) as tier,
        cast(any_value(supports.goal_roi) as decimal(18, 6)) as goal,
        count(*) as n,
        max(checks.test_date) as last_on,
        min(checks.test_date) as first_on,
        sum(checks.test_date - supports.start_date) as x,
        cast(sum(checks.score) as decimal(18, 2)) as y,
        sum((checks.test_date - supports.start_date) * (checks.test_date - supports.start_date)) as xx,
        cast(sum((checks.test_date - supports.start_date) * checks.score) as decimal(18, 2)) as xy
    from supports
    inner join {{ ref('stg_district__screeners') }} as checks
        on
            supports.district_id = checks.district_id
            and supports.school_year = checks.school_year
            and supports.intervention_id = checks.intervention_id
            and supports.student_key = checks.student_key
            and coalesce(supports.progress_tool, checks.tool) = checks.tool
    where checks.score is not null
    group by supports.district_id, supports.school_year, supports.intervention_id, supports.student_key
),

limits as (
    select
        max(case when threshold = 'progress_minimum_points' then value end) as least_points,
        max(case when threshold = 'progress_minimum_weeks' then value end) as least_weeks
    from {{ source('collaborative', 'thresholds') }}
),

-- The slope a week is 7 * (n * xy - x * y) / (n * xx - x * x); the goal is compared with it without a division.
responses as (
    select
        checks.*,
        7 * (checks.n * checks.xy - checks.x * checks.y) >= checks.goal * (checks.n * checks.xx - checks.x * checks.x)
            as is_met
    from checks
    cross join limits
    where
        checks.n >= limits.least_points
        and {{ days_between('checks.first_on', 'checks.last_on') }} >= 7 * limits.least_weeks
        and checks.goal is not null
),

exits as (
    select
        supports.*,
        coalesce(supports.exit_tier < supports.tier and supports.end_date <= supports.planned_end_date, false) as is_met
    from supports
    left join {{ ref('int_enrollment__student_year') }} as pupils
        on
            supports.district_id = pupils.district_id
            and supports.school_year = pupils.school_year
            and supports.student_key = pupils.student_key
            and pupils.entity_type = 'district'
    where
        supports.planned_end_date <= supports.data_through
        and coalesce(supports.exit_reason <> 'left', true)
        and not coalesce(
            not pupils.is_there_at_end and pupils.last_day < supports.planned_end_date
            and coalesce(supports.end_date >= pupils.last_day, true), false
        )
),

parts as (
    select
        'SS.T05' as metric_id, 'planned_to_date' as variant, district_id, school_year, school_id, tier,
        cast(counted as decimal(38, 6)) as counted, cast(counted_of as decimal(38, 6)) as counted_of
    from doses
    where counted_of > 0
    union all
    select
        'SS.T06' as metric_id, 'least_squares' as variant, district_id, school_year, school_id, tier,
        cast(case when is_met then 1 else 0 end as decimal(38, 6)) as counted,
        cast(1 as decimal(38, 6)) as counted_of
    from responses
    union all
    select
        'SS.T07' as metric_id, 'planned_end' as variant, district_id, school_year, school_id, tier,
        cast(case when is_met then 1 else 0 end as decimal(38, 6)) as counted,
        cast(1 as decimal(38, 6)) as counted_of
    from exits
),

sums as (
    select
        metric_id,
        variant,
        district_id,
        school_year,
        school_id,
        tier,
        cast(sum(counted) as decimal(38, 6)) as numerator,
        cast(sum(counted_of) as decimal(38, 6)) as denominator,
        cast(count(*) as decimal(38, 6)) as n
    from parts
    group by grouping sets (
        (metric_id, variant, district_id, school_year, school_id, tier),
        (metric_id, variant, district_id, school_year, school_id),
        (metric_id, variant, district_id, school_year, tier),
        (metric_id, variant, district_id, school_year)
    )
)

select
    district_id,
    case when school_id is null then 'district' else 'school' end as entity_type,
    coalesce(school_id, district_id) as entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    case when tier is null then 'all' else 'tier=' || tier end as breakdown,
    metric_id,
    variant,
    {{ rate('numerator', 'denominator') }} as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    numerator,
    denominator,
    n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    'computed' as value_status,
    'student' as domain,
    cast(null as date) as data_through
from sums
