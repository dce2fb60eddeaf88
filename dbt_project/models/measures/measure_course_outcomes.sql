-- Pupils who are there at the end, at their school and in the district, with the credits, marks, days and suspensions
-- of the whole district. On track is of a year that is over, and of who is in grade 9 for the first time; a pupil of
-- whom any part is not known is in neither count.
with deliveries as (
    select district_id, school_year, max(data_through) as data_through
    from {{ source('build', 'selection') }}
    where contract = 'course_grades' and is_current
    group by district_id, school_year
),

limits as (
    select value as graduation_credits from {{ source('collaborative', 'thresholds') }}
    where threshold = 'graduation_credits'
),

firsts as (
    select district_id, school_year, student_key, bool_or(is_first_time_grade9) as is_first_time
    from {{ ref('fct_enrollment') }}
    where is_primary and grade = '09' and {{ in_build_scope('fct_enrollment') }}
    group by district_id, school_year, student_key
),

pupils as (
    select
        places.district_id,
        places.school_year,
        places.entity_type,
        places.entity_id,
        places.grade,
        coalesce(deliveries.data_through >= places.ends_on, false) as is_over,
        indicators.credits_earned,
        indicators.core_failures,
        indicators.weighted_points,
        indicators.points_weight,
        indicators.days_enrolled,
        indicators.days_absent,
        indicators.low_subjects,
        indicators.marked_subjects,
        indicators.actions_of_unknown_kind,
        indicators.out_of_school_suspensions,
        indicators.in_school_suspensions,
        indicators.is_expelled,
        firsts.is_first_time
    from {{ ref('int_enrollment__student_year') }} as places
    inner join deliveries on places.district_id = deliveries.district_id and places.school_year = deliveries.school_year
    inner join {{ ref('int_student__indicators') }} as indicators
        on
            places.district_id = indicators.district_id
            and places.school_year = indicators.school_year
            and places.student_key = indicators.student_key
    left join firsts
        on
            places.district_id = firsts.district_id
            and places.school_year = firsts.school_year
            and places.student_key = firsts.student_key
    where places.is_there_at_end and {{ in_build_scope('places') }}
),

judged as (
    select
        pupils.district_id,
        pupils.school_year,
        pupils.entity_type,
        pupils.entity_id,
        'SS.C02' as metric_id,
        rules.rule as variant,
        case
            when
                pupils.credits_earned is not null
                and (rules.most_core_failures is null or pupils.core_failures is not null)
                then
                    pupils.credits_earned
                    >= coalesce(rules.least_credits, rules.graduation_share * limits.graduation_credits)
                    and (rules.most_core_failures is null or pupils.core_failures <= rules.most_core_failures)
        end as is_met
    from pupils
    inner join {{ source('collaborative', 'on_track_rules') }} as rules on pupils.grade = rules.grade
    cross join limits
    where pupils.is_over and (pupils.grade <> '09' or pupils.is_first_time)
    union all
    select
        pupils.district_id,
        pupils.school_year,
        pupils.entity_type,
        pupils.entity_id,
        'SS.C03' as metric_id,
        rules.rule as variant,
        case
            when
                pupils.points_weight > 0 and pupils.days_enrolled > 0 and pupils.is_expelled is not null
                and pupils.actions_of_unknown_kind = 0
                and list_has_any(pupils.marked_subjects, string_split(rules.subjects, ' '))
                then
                    pupils.weighted_points >= rules.least_average * pupils.points_weight
                    and pupils.days_absent <= (1 - rules.least_attendance_share) * pupils.days_enrolled
                    and not list_has_any(pupils.low_subjects, string_split(rules.subjects, ' '))
                    and pupils.out_of_school_suspensions + pupils.in_school_suspensions = 0
                    and not pupils.is_expelled
        end as is_met
    from pupils
    inner join {{ source('collaborative', 'readiness_rules') }} as rules on pupils.grade = rules.grade
),

sums as (
    select
        district_id,
        school_year,
        entity_type,
        entity_id,
        metric_id,
        variant,
        cast(count(*) filter (where is_met) as decimal(38, 6)) as met,
        cast(count(is_met) as decimal(38, 6)) as known
    from judged
    group by district_id, school_year, entity_type, entity_id, metric_id, variant
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    metric_id,
    variant,
    {{ rate('met', 'known') }} as value,
    {{ no_interval() }},
    case when known > 0 then met end as numerator,
    case when known > 0 then known end as denominator,
    known as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when known > 0 then 'computed' else 'not_reported' end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from sums
