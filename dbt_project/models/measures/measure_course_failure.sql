-- Pupils with a mark in a core course, each once a term, and those of them who failed one; at the school that gave the
-- marks, and in the district. A pupil's grade is the latest of the year.
with marks as (
    select district_id, school_year, school_id, term, student_key, bool_or(standing = 'failed') as has_failed
    from {{ ref('int_course__mark') }}
    where is_core and standing is not null and {{ in_build_scope('int_course__mark') }}
    group by grouping sets (
        (district_id, school_year, school_id, term, student_key), (district_id, school_year, term, student_key)
    )
),

grades as (
    select district_id, school_year, student_key, grade from {{ ref('int_enrollment__student_year') }}
    where entity_type = 'district' and {{ in_build_scope('int_enrollment__student_year') }}
),

pupils as (
    select marks.*, 'term=' || marks.term as in_term, grades.grade
    from marks
    left join grades
        on
            marks.district_id = grades.district_id
            and marks.school_year = grades.school_year
            and marks.student_key = grades.student_key
),

counted as (
    select *, in_term as breakdown from pupils
    union all
    select *, in_term || ',grade=' || grade as breakdown from pupils where grade is not null
),

sums as (
    select
        district_id,
        school_year,
        school_id,
        breakdown,
        cast(count(*) filter (where has_failed) as decimal(38, 6)) as failed,
        cast(count(*) as decimal(38, 6)) as marked
    from counted
    group by district_id, school_year, school_id, breakdown
)

select
    district_id,
    {{ school_or_district() }},
    school_year,
    'year' as period,
    'all' as subgroup,
    breakdown,
    'SS.C01' as metric_id,
    'course_marks' as variant,
    {{ rate('failed', 'marked') }} as value,
    {{ no_interval() }},
    failed as numerator,
    marked as denominator,
    marked as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    'computed' as value_status,
    'student' as domain,
    cast(null as date) as data_through
from sums
