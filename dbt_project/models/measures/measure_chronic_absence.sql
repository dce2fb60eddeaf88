-- A pupil is judged by each authority at each school, and once for the district over all its schools.
with students as (
    select * from {{ ref('measure_student_attendance') }} where {{ in_build_scope('measure_student_attendance') }}
),

pupils as (
    select
        district_id,
        school_year,
        school_id,
        student_key,
        {{ days_of_pupil() }}
    from students
    group by grouping sets ((district_id, school_year, school_id, student_key), (district_id, school_year, student_key))
),

authorities as (
    select * from {{ source('collaborative', 'attendance_authorities') }} where metric_id <> 'SS.A08'
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

members as (
    select district_id, school_year, student_key, subgroup from {{ ref('brg_student_subgroup') }}
    where {{ in_build_scope('brg_student_subgroup') }}
),

grouped as (
    select *, 'all' as subgroup from judged
    union all
    select judged.*, members.subgroup
    from judged
    inner join members
        on
            judged.district_id = members.district_id
            and judged.school_year = members.school_year
            and judged.student_key = members.student_key
),

figures as (
    select
        district_id,
        school_year,
        school_id,
        subgroup,
        metric_id,
        authority,
        count(data_through) = 0 as is_silent,
        min(data_through) as data_through,
        cast(count(*) filter (where is_evaluated and is_absent) as decimal(38, 6)) as numerator,
        cast(count(*) filter (where is_evaluated) as decimal(38, 6)) as denominator
    from grouped
    group by district_id, school_year, school_id, subgroup, metric_id, authority
)

select
    district_id,
    case when school_id is null then 'district' else 'school' end as entity_type,
    coalesce(school_id, district_id) as entity_id,
    school_year,
    'year' as period,
    subgroup,
    'all' as breakdown,
    metric_id,
    authority as variant,
    {{ rate('numerator', 'denominator') }} as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    case when not is_silent then numerator end as numerator,
    case when not is_silent then denominator end as denominator,
    case when not is_silent then denominator end as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when is_silent then 'not_reported' else {{ value_status('numerator', 'denominator') }} end as value_status,
    'student' as domain,
    data_through
from figures
