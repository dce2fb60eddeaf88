-- Who was a learner of English on the day of one autumn count or since, and is none on that of the next, though still
-- enrolled in the district, was reclassified between them. Whether a pupil is one on the later day the programs of that
-- year say, never a span that the year before left open; where they were not sent as far as that day, nobody knows.
-- Years of the same pupils meet, so all is made anew. Pupils who came since the first count may be among them: then
-- there can be more than learners on that day, and the rate is 1.
with count_days as (
    select
        school_year,
        starts_on as count_day,
        lag(starts_on) over (order by school_year) as day_before,
        lag(school_year) over (order by school_year) as year_before
    from {{ ref('dim_period') }}
    where period = 'count_day'
),

spans as (
    select district_id, school_year, student_key, begin_date, coalesce(end_date, date '9999-12-31') as end_date
    from {{ ref('stg_district__programs') }}
    where program = 'EL'
),

senders as (
    select district_id, school_year, max(data_through) as data_through
    from {{ source('build', 'selection') }}
    where contract = 'programs' and is_current
    group by district_id, school_year
),

places as (
    select district_id, school_year, student_key, is_there_on_count_day
    from {{ ref('int_enrollment__student_year') }}
    where entity_type = 'district'
),

-- Learners on the first of the two days, and all who were one between the two.
before as (
    select
        spans.district_id,
        count_days.school_year,
        spans.student_key,
        bool_or(
            spans.school_year = count_days.year_before
            and count_days.day_before between spans.begin_date and spans.end_date
            and places.is_there_on_count_day
        ) as is_counted,
        bool_or(
            spans.school_year = count_days.school_year
            and count_days.count_day between spans.begin_date and spans.end_date
        ) as is_still
    from spans
    inner join count_days
        on
            spans.school_year in (count_days.year_before, count_days.school_year)
            and spans.begin_date <= count_days.count_day
            and spans.end_date >= count_days.day_before
    inner join places
        on
            spans.district_id = places.district_id
            and spans.school_year = places.school_year
            and spans.student_key = places.student_key
    inner join senders
        on
            spans.district_id = senders.district_id
            and count_days.school_year = senders.school_year
            and count_days.count_day <= senders.data_through
    where count_days.school_year = count_days.year_before + 1
    group by spans.district_id, count_days.school_year, spans.student_key
),

counts as (
    select
        before.district_id,
        before.school_year,
        cast(count(*) filter (where not before.is_still and now.is_there_on_count_day) as decimal(38, 6)) as numerator,
        cast(count(*) filter (where before.is_counted) as decimal(38, 6)) as denominator
    from before
    left join places as now
        on
            before.district_id = now.district_id
            and before.school_year = now.school_year
            and before.student_key = now.student_key
    group by before.district_id, before.school_year
    having count(now.student_key) > 0 and bool_or(before.is_counted)
)

select
    district_id,
    'district' as entity_type,
    district_id as entity_id,
    school_year,
    'year' as period,
    'english_learner' as subgroup,
    'all' as breakdown,
    'SS.E03' as metric_id,
    case when numerator > denominator then 'count_to_count_capped' else 'count_to_count' end as variant,
    least({{ rate('numerator', 'denominator') }}, cast(1 as decimal(38, 10))) as value,
    {{ no_interval() }},
    numerator,
    denominator,
    denominator as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    {{ value_status('numerator', 'denominator') }} as value_status,
    'student' as domain,
    cast(null as date) as data_through
from counts
