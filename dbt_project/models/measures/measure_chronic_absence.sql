-- A pupil is judged by each authority at each school, and once for the district over all its schools. Pupils are
-- counted by grade and by the set of groups that they are in: few sets, of which groups' and grades' sums are made.
with authorities as (
    select * from {{ source('collaborative', 'attendance_authorities') }} where metric_id <> 'SS.A08'
),

counted as (
    {{ counted_absences('authorities') }}
),

memberships as (
    select district_id, school_year, student_key, list_sort(list(subgroup)) as subgroups
    from {{ ref('brg_student_subgroup') }}
    where {{ in_build_scope('brg_student_subgroup') }}
    group by district_id, school_year, student_key
),

pupils as (
    select
        district_id,
        school_year,
        school_id,
        student_key,
        {{ days_of_pupil() }}
    from {{ ref('measure_student_attendance') }}
    where {{ in_build_scope('measure_student_attendance') }}
    group by grouping sets ((district_id, school_year, school_id, student_key), (district_id, school_year, student_key))
),

absent as (
    select
        absences.district_id,
        absences.school_year,
        absences.school_id,
        absences.student_key,
        counted.counted_categories,
        counted.exit_day_counts,
        sum(absences.days_absent) as days_absent,
        sum(absences.half_day_absences) as half_day_absences
    from {{ ref('int_attendance__absence') }} as absences
    inner join counted on absences.category = counted.category and absences.is_exit_day = counted.is_exit_day
    where {{ in_build_scope('absences') }}
    group by grouping sets (
        (
            absences.district_id, absences.school_year, absences.school_id, absences.student_key,
            counted.counted_categories, counted.exit_day_counts
        ),
        (
            absences.district_id, absences.school_year, absences.student_key, counted.counted_categories,
            counted.exit_day_counts
        )
    )
),

judged as (
    select
        pupils.*,
        memberships.subgroups,
        authorities.*,
        {{ days_by_authority('pupils', 'absent', 'authorities') }}
    from pupils
    cross join authorities
    left join absent
        on
            pupils.district_id = absent.district_id
            and pupils.school_year = absent.school_year
            and pupils.student_key = absent.student_key
            and pupils.school_id is not distinct from absent.school_id
            and authorities.counted_categories = absent.counted_categories
            and authorities.exit_day_counts = absent.exit_day_counts
    left join memberships
        on
            pupils.district_id = memberships.district_id
            and pupils.school_year = memberships.school_year
            and pupils.student_key = memberships.student_key
),

tallies as (
    select
        district_id,
        school_year,
        school_id,
        metric_id,
        authority,
        grades,
        grade,
        subgroups,
        min(data_through) as data_through,
        count(*) filter (where {{ is_evaluated() }}) as n_evaluated,
        count(*) filter (where {{ is_evaluated() }} and {{ is_too_often_absent() }}) as n_absent
    from judged
    group by district_id, school_year, school_id, metric_id, authority, grades, grade, subgroups
),

looked_at as (
    select *, list_contains(string_split(grades, ' '), grade) as is_in_grades from tallies
),

slices as (
    select *, unnest(list_prepend('all', subgroups)) as subgroup, 'all' as breakdown
    from looked_at
    union all
    select *, 'all' as subgroup, 'grade=' || {{ grade_in_breakdown('grade') }} as breakdown
    from looked_at
    where is_in_grades
),

figures as (
    select
        district_id,
        school_year,
        school_id,
        subgroup,
        breakdown,
        metric_id,
        authority,
        count(data_through) = 0 as is_silent,
        min(data_through) as data_through,
        cast(coalesce(sum(n_absent) filter (where is_in_grades), 0) as decimal(38, 6)) as numerator,
        cast(coalesce(sum(n_evaluated) filter (where is_in_grades), 0) as decimal(38, 6)) as denominator
    from slices
    group by district_id, school_year, school_id, subgroup, breakdown, metric_id, authority
)

select
    district_id,
    {{ school_or_district() }},
    school_year,
    'year' as period,
    subgroup,
    breakdown,
    metric_id,
    authority as variant,
    {{ rate('numerator', 'denominator') }} as value,
    {{ no_interval() }},
    case when not is_silent then numerator end as numerator,
    case when not is_silent then denominator end as denominator,
    case when not is_silent then denominator end as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when is_silent then 'not_reported' else {{ value_status('numerator', 'denominator') }} end as value_status,
    'student' as domain,
    data_through
from figures
