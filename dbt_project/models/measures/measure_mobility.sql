-- Each pupil once, whatever the moves: who is there from the start of the year (the first day of instruction, or the
-- day of the autumn count), who comes after it, who leaves before its end. Who graduates does not move. Who
-- stays is known when the year is over; California's stability only where the codes of leaving are (exit_types).
with counted as (
    select starts_on as count_day, school_year from {{ ref('dim_period') }} where period = 'count_day'
),

heard as (
    select district_id, school_year, max(data_through) as heard_through
    from {{ source('build', 'selection') }}
    where contract = 'enrollments' and is_current
    group by district_id, school_year
),

limits as (
    select value as stable_days from {{ source('collaborative', 'thresholds') }}
    where threshold = 'stability_minimum_days'
),

pupils as (
    select
        pupils.*,
        rules.start_rule,
        case rules.start_rule when 'first_day' then pupils.begins_on else counted.count_day end as start_day,
        case rules.start_rule when 'first_day' then pupils.is_there_at_start else pupils.is_there_on_count_day end
            as is_there_from_start,
        coalesce(heard.heard_through >= pupils.ends_on, false) as is_over,
        coalesce(exits.effect, '') as effect,
        pupils.longest_stay_days >= limits.stable_days as is_long
    from {{ ref('int_enrollment__student_year') }} as pupils
    cross join {{ source('collaborative', 'mobility_start') }} as rules
    cross join limits
    left join counted on pupils.school_year = counted.school_year
    left join heard on pupils.district_id = heard.district_id and pupils.school_year = heard.school_year
    left join {{ source('collaborative', 'exit_types') }} as exits on pupils.exit_type = exits.exit_type
    where {{ in_build_scope('pupils') }}
),

moves as (
    select
        *,
        last_day >= start_day as is_counted,
        not is_there_from_start as is_late,
        not is_there_at_end and effect <> 'completes' as has_left,
        n_stays > 1 and stay_since > start_day as is_back,
        effect <> 'not_counted' and (is_long or effect <> 'completes') as is_of_stability,
        is_long and effect not in ('disqualifies', 'not_counted') as is_stable
    from pupils
),

grouped as (
    {{ in_each_subgroup('moves') }}
),

counts as (
    select
        district_id,
        school_year,
        entity_type,
        entity_id,
        subgroup,
        start_rule,
        count(start_day) > 0 as has_start,
        bool_and(is_over) as is_over,
        cast(count(*) as decimal(38, 6)) as n_pupils,
        cast(count(*) filter (where is_counted) as decimal(38, 6)) as n_counted,
        cast(count(*) filter (where is_counted and is_late) as decimal(38, 6)) as n_late,
        cast(count(*) filter (where is_counted and (is_late or has_left or is_back)) as decimal(38, 6)) as n_moved,
        cast(count(*) filter (where is_there_from_start) as decimal(38, 6)) as n_from_start,
        cast(
            count(*) filter (where is_there_from_start and not has_left and not is_back) as decimal(38, 6)
        ) as n_stayed,
        cast(count(*) filter (where is_of_stability) as decimal(38, 6)) as n_of_stability,
        cast(count(*) filter (where is_stable) as decimal(38, 6)) as n_stable
    from grouped
    group by district_id, school_year, entity_type, entity_id, subgroup, start_rule
),

figures as (
    {% for metric_id, variant, is_known, numerator, denominator in [
        ('SS.N01', "'cumulative'", 'true', 'n_pupils', 'null'),
        ('SS.M01', 'start_rule', 'has_start', 'n_late', 'n_counted'),
        ('SS.M02', 'start_rule', 'has_start', 'n_moved', 'n_counted'),
        ('SS.M03', 'start_rule', 'has_start and is_over', 'n_stayed', 'n_from_start'),
        ('SS.M04', "'california'", 'is_over', 'n_stable', 'n_of_stability'),
    ] %}
    select
        *,
        '{{ metric_id }}' as metric_id,
        {{ variant }} as variant,
        {{ is_known }} as is_known,
        {{ numerator }} as numerator,
        cast({{ denominator }} as decimal(38, 6)) as denominator
    from counts
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
    where exists (select exits.exit_type from {{ source('collaborative', 'exit_types') }} as exits)
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    'year' as period,
    subgroup,
    'all' as breakdown,
    metric_id,
    variant,
    case
        when not is_known then null
        when metric_id = 'SS.N01' then cast(numerator as decimal(38, 10))
        else {{ rate('numerator', 'denominator') }}
    end as value,
    {{ no_interval() }},
    case when is_known then numerator end as numerator,
    case when is_known then denominator end as denominator,
    case when metric_id = 'SS.N01' then numerator when is_known then denominator end as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case
        when not is_known then 'not_reported'
        when metric_id <> 'SS.N01' and denominator = 0 then 'denominator_zero'
        else 'computed'
    end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
