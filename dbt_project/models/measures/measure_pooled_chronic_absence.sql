-- A pupil who moves between districts is too short in each to be looked at, and absent in all: days are added up over
-- the districts by person. Any member's new data change the pool, so it is made anew each time.
with students as (
    select * from {{ ref('measure_student_attendance') }}
),

counted_elsewhere as (
    select * from {{ ref('int_attendance__counted_elsewhere') }}
),

claims as (
    select
        school_year,
        person_key,
        {{ days_of_pupil() }}
    from students
    group by school_year, person_key
),

pupils as (
    select
        claims.school_year,
        claims.person_key,
        claims.grade,
        claims.data_through,
        claims.days_enrolled - coalesce(counted_elsewhere.days_enrolled, 0) as days_enrolled,
        claims.days_absent - coalesce(counted_elsewhere.days_absent, 0) as days_absent,
        claims.half_day_absences - coalesce(counted_elsewhere.half_day_absences, 0) as half_day_absences
    from claims
    left join counted_elsewhere
        on
            claims.school_year = counted_elsewhere.school_year
            and claims.person_key = counted_elsewhere.person_key
),

authorities as (
    select * from {{ source('collaborative', 'attendance_authorities') }} where metric_id = 'SS.A08'
),

collaborative as (
    select collaborative_id from {{ source('collaborative', 'collaborative') }}
),

judged as (
    select
        pupils.*,
        authorities.authority,
        authorities.metric_id,
        {{ is_evaluated('pupils', 'authorities') }} as is_evaluated,
        {{ is_chronically_absent('pupils', 'authorities') }} as is_absent
    from pupils
    cross join authorities
),

figures as (
    select
        school_year,
        metric_id,
        authority,
        min(data_through) as data_through,
        cast(count(*) filter (where is_evaluated and is_absent) as decimal(38, 6)) as numerator,
        cast(count(*) filter (where is_evaluated) as decimal(38, 6)) as denominator
    from judged
    where data_through is not null
    group by school_year, metric_id, authority
)

select
    '_all' as district_id,
    'collaborative' as entity_type,
    collaborative.collaborative_id as entity_id,
    figures.school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    figures.metric_id,
    figures.authority as variant,
    {{ rate('figures.numerator', 'figures.denominator') }} as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    figures.numerator,
    figures.denominator,
    figures.denominator as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    {{ value_status('figures.numerator', 'figures.denominator') }} as value_status,
    'student' as domain,
    figures.data_through
from figures
cross join collaborative
