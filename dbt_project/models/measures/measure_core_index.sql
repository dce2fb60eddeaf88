-- A figure of a school, or of a group of it, gets the level between whose cuts it lies. Each figure is worth the same
-- share of the index's points, and is only known where all of them are. Cuts that name a group put its figure into the
-- index of all pupils, cuts of each group every group's into its own. Without cuts (core_cuts) nothing is shown.
with cuts as (
    select * from {{ source('collaborative', 'core_cuts') }}
),

measures as (
    {% for measure in [
        'measure_attendance', 'measure_chronic_absence', 'measure_discipline', 'measure_tests', 'measure_growth',
        'measure_course_outcomes', 'measure_english_learners', 'measure_climate',
    ] %}
    select district_id, school_year, entity_id, subgroup, breakdown, metric_id, variant, value, n
    from {{ ref(measure) }}
    where
        entity_type = 'school' and value is not null and metric_id in (select cuts.metric_id from cuts)
        and {{ in_build_scope(measure) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

limits as (
    select
        max(case when threshold = 'core_minimum_n' then value end) as least_n,
        max(case when threshold = 'core_index_points' then value end) as most_points
    from {{ source('collaborative', 'thresholds') }}
),

named as (
    select metric_id || ' ' || variant || ' ' || breakdown || ' ' || subgroup as figure, subgroup from cuts
),

asked as (
    select
        count(distinct figure) as of_all,
        count(distinct figure) filter (where subgroup = 'each') as of_group
    from named
),

levels as (
    select
        measures.*,
        cuts.level as core_level,
        case when cuts.subgroup = 'each' then measures.subgroup else 'all' end as index_of
    from measures
    inner join cuts
        on
            measures.metric_id = cuts.metric_id
            and measures.variant = cuts.variant
            and measures.breakdown = cuts.breakdown
            and cuts.subgroup in ('each', measures.subgroup)
            and measures.value >= coalesce(cuts.low, measures.value)
            and (cuts.high is null or measures.value < cuts.high)
    cross join limits
    where measures.n >= limits.least_n
),

totals as (
    select
        levels.district_id,
        levels.school_year,
        levels.entity_id,
        levels.index_of as subgroup,
        count(*) as n_levels,
        cast(sum(levels.core_level) * any_value(limits.most_points) as decimal(38, 6)) as points,
        any_value(case when levels.index_of = 'all' then asked.of_all else asked.of_group end) as n_figures,
        max(levels.n) as n
    from levels
    cross join limits
    cross join asked
    group by levels.district_id, levels.school_year, levels.entity_id, levels.index_of
),

figures as (
    select
        district_id,
        school_year,
        entity_id,
        subgroup,
        'SS.Q02' as metric_id,
        'metric=' || metric_id || case when breakdown = 'all' then '' else ' ' || breakdown end as breakdown,
        variant,
        cast(core_level as decimal(38, 10)) as value,
        n
    from levels
    union all
    select
        district_id,
        school_year,
        entity_id,
        subgroup,
        'SS.Q02p' as metric_id,
        'all' as breakdown,
        'core' as variant,
        case
            when n_levels = n_figures
                then {{ rate('points', 'cast(10 * n_figures as decimal(38, 6))') }}
        end as value,
        n
    from totals
)

select
    district_id,
    'school' as entity_type,
    entity_id,
    school_year,
    'year' as period,
    subgroup,
    breakdown,
    metric_id,
    variant,
    value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    cast(null as decimal(38, 6)) as numerator,
    cast(null as decimal(38, 6)) as denominator,
    n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when value is null then 'numerator_missing' else 'computed' end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
