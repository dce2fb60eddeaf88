-- A learner's figures count where the pupil is enrolled: on the day of the last test for progress (SS.E01) and
-- attainment (SS.E02), on that of the autumn count for how long the pupil has been one (SS.E04). Who has been one for
-- six years to the day has not been one for longer.
with limits as (
    select
        max(case when metrics.metric_id = 'SS.E01' then metrics.minimum_n end) as progress_n,
        max(case when metrics.metric_id = 'SS.E02' then metrics.minimum_n end) as attainment_n,
        max(thresholds.value * 12)::integer as long_months
    from {{ ref('dim_metric') }} as metrics
    cross join {{ source('collaborative', 'thresholds') }} as thresholds
    where metrics.metric_id in ('SS.E01', 'SS.E02') and thresholds.threshold = 'long_term_el_years'
),

spans as (
    select district_id, school_year, student_key, begin_date, end_date, first_el_date
    from {{ ref('stg_district__programs') }}
    where program = 'EL' and {{ in_build_scope('stg_district__programs') }}
),

learners as (
    select district_id, school_year, student_key, min(first_el_date) as first_el_date
    from spans
    group by district_id, school_year, student_key
),

scores as (
    select
        district_id,
        school_year,
        student_key,
        subject,
        max(admin_date) as admin_date,
        arg_max(scale_score, admin_date) as score,
        arg_max(coalesce(met_target, scale_score >= el_progress_target), admin_date) as has_progressed
    from {{ ref('stg_district__assessments') }}
    where
        subject[:7] = 'access_' and coalesce(is_valid, true) and coalesce(participation, 'tested') = 'tested'
        and {{ in_build_scope('stg_district__assessments') }}
    group by district_id, school_year, student_key, subject
),

rules as (
    select *, count(*) over (partition by rule) as n_parts from {{ source('collaborative', 'el_attainment') }}
),

-- All parts of a rule were tested, or nobody knows.
attained as (
    select
        scores.district_id,
        scores.school_year,
        scores.student_key,
        rules.rule,
        max(scores.admin_date) as admin_date,
        bool_and(scores.score >= rules.least_score) as is_met
    from scores
    inner join rules on scores.subject = rules.subject
    where scores.score is not null
    group by scores.district_id, scores.school_year, scores.student_key, rules.rule, rules.n_parts
    having count(*) = rules.n_parts
),

count_days as (
    select school_year, starts_on as count_day from {{ ref('dim_period') }} where period = 'count_day'
),

counted as (
    select
        spans.district_id,
        spans.school_year,
        spans.student_key,
        min(spans.first_el_date) as first_el_date,
        any_value(count_days.count_day) as count_day
    from spans
    inner join count_days on spans.school_year = count_days.school_year
    where count_days.count_day between spans.begin_date and coalesce(spans.end_date, date '9999-12-31')
    group by spans.district_id, spans.school_year, spans.student_key
    having min(spans.first_el_date) is not null
),

facts as (
    select
        scores.district_id, scores.school_year, scores.student_key, 'SS.E01' as metric_id, 'state_target' as variant,
        scores.admin_date as on_day, scores.has_progressed as is_met
    from scores
    inner join learners
        on
            scores.district_id = learners.district_id
            and scores.school_year = learners.school_year
            and scores.student_key = learners.student_key
    where scores.subject = 'access_overall' and scores.has_progressed is not null
    union all
    select
        attained.district_id, attained.school_year, attained.student_key, 'SS.E02' as metric_id,
        attained.rule as variant, attained.admin_date as on_day, attained.is_met
    from attained
    inner join learners
        on
            attained.district_id = learners.district_id
            and attained.school_year = learners.school_year
            and attained.student_key = learners.student_key
    union all
    select
        counted.district_id, counted.school_year, counted.student_key, 'SS.E04' as metric_id, 'years' as variant,
        counted.count_day as on_day, counted.first_el_date + to_months(limits.long_months) < counted.count_day as is_met
    from counted
    cross join limits
    union all
    select
        counted.district_id, counted.school_year, counted.student_key, 'SS.E04' as metric_id,
        attained.rule || '_not_attained' as variant, counted.count_day as on_day,
        counted.first_el_date + to_months(limits.long_months) <= counted.count_day and not attained.is_met as is_met
    from counted
    inner join attained
        on
            counted.district_id = attained.district_id
            and counted.school_year = attained.school_year
            and counted.student_key = attained.student_key
    cross join limits
),

placed as (
    select facts.*, places.entity_type, places.entity_id
    from facts
    inner join {{ ref('int_enrollment__student_year') }} as places
        on
            facts.district_id = places.district_id
            and facts.school_year = places.school_year
            and facts.student_key = places.student_key
            and facts.on_day >= places.first_day
            and facts.on_day <= places.last_day
    where
        places.n_stays = 1
        or (
            places.district_id, places.school_year, places.entity_type, places.entity_id, places.student_key,
            facts.on_day
        ) in ({{ days_of_returned('facts', 'on_day') }})
),

counts as (
    select
        district_id, school_year, entity_type, entity_id, metric_id, variant,
        cast(count(*) filter (where is_met) as decimal(38, 6)) as numerator,
        cast(count(*) as decimal(38, 6)) as denominator
    from placed
    group by district_id, school_year, entity_type, entity_id, metric_id, variant
),

figures as (
    select
        counts.*,
        coalesce(
            counts.denominator < case counts.metric_id
                when 'SS.E01' then limits.progress_n when 'SS.E02' then limits.attainment_n
            end, false
        ) as is_too_few
    from counts
    cross join limits
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    'year' as period,
    'english_learner' as subgroup,
    'all' as breakdown,
    metric_id,
    variant,
    case when not is_too_few then {{ rate('numerator', 'denominator') }} end as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    case when not is_too_few then numerator end as numerator,
    denominator,
    denominator as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when is_too_few then 'too_few' else {{ value_status('numerator', 'denominator') }} end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
