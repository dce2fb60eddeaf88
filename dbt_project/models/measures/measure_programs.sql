-- Pupils on one day: those who get free meals without an application, as a share of all who are enrolled (SS.D02), what
-- a school could claim for them, and pupils with disabilities who are in class for most of the day (SS.D03). A day that
-- lies ahead of the enrolment sent, and a district that never says who is certified, are not reported.
with heard as (
    select district_id, school_year, max(data_through) as heard_through
    from {{ source('build', 'selection') }}
    where contract = 'enrollments' and is_current
    group by district_id, school_year
),

days as (
    select school_year, 'SS.D02' as metric_id, begins_on as on_day from {{ source('collaborative', 'pupil_windows') }}
    where purpose = 'identified_students'
    union all
    select school_year, 'SS.D03' as metric_id, starts_on as on_day from {{ ref('dim_period') }}
    where period = 'count_day'
),

spans as (
    select * from {{ ref('stg_district__programs') }} where {{ in_build_scope('stg_district__programs') }}
),

taught as (
    select district_id, school_year, count(is_direct_certified) > 0 as says_certified
    from spans
    group by district_id, school_year
),

-- What the programs of a pupil say on each of the two days.
said as (
    select
        spans.district_id,
        spans.school_year,
        spans.student_key,
        days.metric_id,
        bool_or(coalesce(spans.is_direct_certified, false) or programs.program is not null) as is_identified,
        bool_or(environments.is_mostly_in_class) filter (where spans.program = 'SWD') as is_in_class
    from spans
    inner join days
        on
            spans.school_year = days.school_year
            and spans.begin_date <= days.on_day
            and coalesce(spans.end_date, days.on_day) >= days.on_day
    left join {{ source('collaborative', 'identified_programs') }} as programs on spans.program = programs.program
    left join {{ source('collaborative', 'idea_environment') }} as environments
        on spans.environment = environments.environment
    group by spans.district_id, spans.school_year, spans.student_key, days.metric_id
),

-- Who came back is enrolled on a day that lies in a span.
returned as (
    select spans.district_id, spans.school_year, spans.school_id, spans.student_key, days.on_day
    from {{ ref('fct_enrollment') }} as spans
    inner join days
        on
            spans.school_year = days.school_year
            and spans.entry_date <= days.on_day
            and spans.last_date >= days.on_day
    where spans.is_primary and {{ in_build_scope('spans') }}
),

pupils as (
    select
        places.district_id,
        places.school_year,
        places.entity_type,
        places.entity_id,
        places.grade,
        days.metric_id,
        coalesce(said.is_identified, false) as is_identified,
        said.is_in_class,
        taught.says_certified,
        coalesce(heard.heard_through >= days.on_day, false) as is_heard
    from {{ ref('int_enrollment__student_year') }} as places
    inner join taught on places.district_id = taught.district_id and places.school_year = taught.school_year
    inner join days
        on
            places.school_year = days.school_year
            and places.first_day <= days.on_day
            and places.last_day >= days.on_day
    left join heard on places.district_id = heard.district_id and places.school_year = heard.school_year
    left join said
        on
            places.district_id = said.district_id
            and places.school_year = said.school_year
            and places.student_key = said.student_key
            and days.metric_id = said.metric_id
    where
        {{ in_build_scope('places') }}
        and case
            when places.n_stays = 1 then true
            when places.entity_type = 'district'
                then (places.district_id, places.school_year, places.student_key, days.on_day) in (
                    select returned.district_id, returned.school_year, returned.student_key, returned.on_day
                    from returned
                )
            else (places.district_id, places.school_year, places.entity_id, places.student_key, days.on_day) in (
                select
                    returned.district_id, returned.school_year, returned.school_id, returned.student_key,
                    returned.on_day
                from returned
            )
        end
),

counts as (
    select
        district_id,
        school_year,
        entity_type,
        entity_id,
        metric_id,
        case metric_id when 'SS.D02' then 'all' else 'students_with_disabilities' end as subgroup,
        bool_and(is_heard) and (metric_id = 'SS.D03' or bool_and(says_certified)) as is_known,
        cast(count(*) filter (
            where case metric_id when 'SS.D02' then is_identified else is_in_class and grade <> 'PK' end
        ) as decimal(38, 6)) as numerator,
        cast(count(*) filter (
            where metric_id = 'SS.D02' or (is_in_class is not null and grade <> 'PK')
        ) as decimal(38, 6)) as denominator
    from pupils
    group by district_id, school_year, entity_type, entity_id, metric_id
),

multipliers as (
    select cast(value as decimal(38, 6)) as multiplier from {{ source('collaborative', 'thresholds') }}
    where threshold = 'community_eligibility_multiplier'
),

figures as (
    select *, cast(null as decimal(38, 10)) as claimed from counts
    where metric_id = 'SS.D02' or denominator > 0
    union all
    select
        counts.* replace ('SS.D02c' as metric_id, cast(null as decimal(38, 6)) as numerator),
        least({{ rate('counts.numerator * multipliers.multiplier', 'counts.denominator') }}, 1) as claimed
    from counts
    cross join multipliers
    where counts.metric_id = 'SS.D02'
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
    case metric_id when 'SS.D03' then 'count_day' else 'identified_students' end as variant,
    case
        when is_known
            then case when metric_id = 'SS.D02c' then claimed else {{ rate('numerator', 'denominator') }} end
    end as value,
    {{ no_interval() }},
    case when is_known then numerator end as numerator,
    case when is_known and metric_id <> 'SS.D02c' then denominator end as denominator,
    denominator as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case
        when not is_known then 'not_reported'
        when denominator = 0 then 'denominator_zero'
        else 'computed'
    end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
