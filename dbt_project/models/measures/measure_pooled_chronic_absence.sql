-- A pupil who moves between districts is too short in each to be looked at, and absent in all: days are added up over
-- the districts by person. Any member's new data change the pool, so it is made anew each time.
with authorities as (
    select * from {{ source('collaborative', 'attendance_authorities') }} where metric_id = 'SS.A08'
),

counted as (
    {{ counted_absences('authorities') }}
),

students as (
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

elsewhere as (
    select
        school_year,
        person_key,
        sum(days_enrolled) as days_enrolled,
        coalesce(sum(days_enrolled) filter (where is_exit_day), 0) as exit_days
    from counted_elsewhere
    group by school_year, person_key
),

pupils as (
    select
        claims.school_year,
        claims.person_key,
        claims.grade,
        claims.is_leaver,
        claims.data_through,
        claims.days_enrolled - coalesce(elsewhere.days_enrolled, 0) as days_enrolled,
        claims.exit_days - coalesce(elsewhere.exit_days, 0) as exit_days
    from claims
    left join elsewhere
        on claims.school_year = elsewhere.school_year and claims.person_key = elsewhere.person_key
),

absences as (
    select
        absences.school_year,
        coalesce(people.person_key, absences.student_key) as person_key,
        absences.category,
        absences.is_exit_day,
        absences.days_absent,
        absences.half_day_absences
    from {{ ref('int_attendance__absence') }} as absences
    left join {{ ref('dim_student') }} as people
        on
            absences.district_id = people.district_id
            and absences.school_year = people.school_year
            and absences.student_key = people.student_key
    union all
    select
        school_year,
        person_key,
        category,
        is_exit_day,
        -days_absent as days_absent,
        -half_day_absences as half_day_absences
    from counted_elsewhere
),

absent as (
    select
        absences.school_year,
        absences.person_key,
        counted.counted_categories,
        counted.exit_day_counts,
        sum(absences.days_absent) as days_absent,
        sum(absences.half_day_absences) as half_day_absences
    from absences
    inner join counted on absences.category = counted.category and absences.is_exit_day = counted.is_exit_day
    group by absences.school_year, absences.person_key, counted.counted_categories, counted.exit_day_counts
),

collaborative as (
    select collaborative_id from {{ source('collaborative', 'collaborative') }}
),

judged as (
    select
        pupils.*,
        authorities.*,
        list_contains(string_split(authorities.grades, ' '), pupils.grade) as is_in_grades,
        {{ days_by_authority('pupils', 'absent', 'authorities') }}
    from pupils
    cross join authorities
    left join absent
        on
            pupils.school_year = absent.school_year
            and pupils.person_key = absent.person_key
            and authorities.counted_categories = absent.counted_categories
            and authorities.exit_day_counts = absent.exit_day_counts
),

figures as (
    select
        school_year,
        metric_id,
        authority,
        min(data_through) as data_through,
        cast(count(*) filter (
            where is_in_grades and {{ is_evaluated() }} and {{ is_too_often_absent() }}
        ) as decimal(38, 6)) as numerator,
        cast(count(*) filter (where is_in_grades and {{ is_evaluated() }}) as decimal(38, 6)) as denominator
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
    {{ no_interval() }},
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
