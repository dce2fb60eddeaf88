-- A test names no school: its percentile counts at the school where the pupil was enrolled on the day of the test. What
-- is not valid does not count, and two spans at one school are one; below the metric's least number of percentiles
-- neither their mean nor their sum is shown.
with percentiles as (
    select
        district_id,
        school_year,
        student_key,
        assessment_id,
        'subject=' || subject as breakdown,
        admin_date,
        cast(sgp as decimal(38, 6)) as sgp
    from {{ ref('stg_district__assessments') }}
    where
        sgp is not null and coalesce(is_valid, true) and coalesce(participation, 'tested') = 'tested'
        and {{ in_build_scope('stg_district__assessments') }}
),

spans as (
    select district_id, school_year, student_key, school_id, entry_date, last_date
    from {{ ref('fct_enrollment') }}
    where is_primary and {{ in_build_scope('fct_enrollment') }}
),

placed as (
    select district_id, school_year, null as school_id, assessment_id, breakdown, sgp from percentiles
    union all
    select
        percentiles.district_id,
        percentiles.school_year,
        spans.school_id,
        percentiles.assessment_id,
        percentiles.breakdown,
        any_value(percentiles.sgp) as sgp
    from percentiles
    inner join spans
        on
            percentiles.district_id = spans.district_id
            and percentiles.school_year = spans.school_year
            and percentiles.student_key = spans.student_key
            and percentiles.admin_date between spans.entry_date and spans.last_date
    group by
        percentiles.district_id, percentiles.school_year, percentiles.student_key, spans.school_id,
        percentiles.assessment_id, percentiles.breakdown, percentiles.admin_date
),

sums as (
    select
        district_id,
        school_year,
        school_id,
        assessment_id,
        coalesce(breakdown, 'all') as breakdown,
        cast(sum(sgp) as decimal(38, 6)) as numerator,
        cast(count(*) as decimal(38, 6)) as denominator
    from placed
    group by grouping sets (
        (district_id, school_year, school_id, assessment_id, breakdown),
        (district_id, school_year, school_id, assessment_id)
    )
),

figures as (
    select sums.*, coalesce(sums.denominator < metrics.minimum_n, false) as is_too_few
    from sums
    cross join {{ ref('dim_metric') }} as metrics
    where metrics.metric_id = 'SS.P02'
)

select
    district_id,
    {{ school_or_district() }},
    school_year,
    'year' as period,
    'all' as subgroup,
    breakdown,
    'SS.P02' as metric_id,
    assessment_id as variant,
    case when not is_too_few then {{ rate('numerator', 'denominator') }} end as value,
    {{ no_interval() }},
    case when not is_too_few then numerator end as numerator,
    denominator,
    denominator as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when is_too_few then 'too_few' else 'computed' end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
