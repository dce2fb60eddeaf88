-- Membership is a sum over calendars, each with its own days in session: who is enrolled all year counts as one pupil,
-- whether the school's year has 175 days or 180. A sum from which a silent school is missing is not reported.
with students as (
    select * from {{ ref('measure_student_attendance') }} where {{ in_build_scope('measure_student_attendance') }}
),

calendars as (
    select
        district_id,
        school_year,
        school_id,
        calendar_code,
        days_in_session,
        data_through,
        cast(sum(days_enrolled) as decimal(38, 6)) as days_enrolled,
        cast(sum(days_enrolled - days_absent) as decimal(38, 6)) as days_present
    from students
    group by district_id, school_year, school_id, calendar_code, days_in_session, data_through
),

counts as (
    select district_id, school_year, school_id, count(distinct student_key) as n_pupils
    from students
    where days_enrolled > 0
    group by grouping sets ((district_id, school_year, school_id), (district_id, school_year))
),

entities as (
    select
        district_id,
        school_year,
        school_id,
        sum(days_enrolled) as days_enrolled,
        sum(days_present) as days_present,
        case when min(days_in_session) = max(days_in_session) then min(days_in_session) end as days_in_session,
        sum({{ rate('days_enrolled', 'days_in_session') }}) as membership,
        sum({{ rate('days_present', 'days_in_session') }}) as attendance,
        count(data_through) = 0 as is_silent,
        count(data_through) < count(*) as is_partly_silent,
        min(data_through) as data_through
    from calendars
    group by grouping sets ((district_id, school_year, school_id), (district_id, school_year))
),

figures as (
    select
        *,
        'SS.A01' as metric_id,
        is_partly_silent as is_withheld,
        days_enrolled as numerator,
        days_in_session as denominator,
        membership as value
    from entities
    union all
    select
        *,
        'SS.A02' as metric_id,
        is_partly_silent as is_withheld,
        days_present as numerator,
        days_in_session as denominator,
        attendance as value
    from entities
    union all
    select
        *,
        'SS.A03' as metric_id,
        is_silent as is_withheld,
        days_present as numerator,
        days_enrolled as denominator,
        {{ rate('days_present', 'days_enrolled') }} as value
    from entities
)

select
    figures.district_id,
    case when figures.school_id is null then 'district' else 'school' end as entity_type,
    coalesce(figures.school_id, figures.district_id) as entity_id,
    figures.school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    figures.metric_id,
    'membership' as variant,
    cast(case when not figures.is_withheld then figures.value end as decimal(38, 10)) as value,
    {{ no_interval() }},
    cast(case when not figures.is_withheld then figures.numerator end as decimal(38, 6)) as numerator,
    cast(case when not figures.is_withheld then figures.denominator end as decimal(38, 6)) as denominator,
    cast(case when not figures.is_withheld then counts.n_pupils end as decimal(38, 6)) as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case
        when figures.is_withheld then 'not_reported'
        when figures.value is null then 'denominator_zero'
        else 'computed'
    end as value_status,
    'student' as domain,
    figures.data_through
from figures
left join counts
    on
        figures.district_id = counts.district_id
        and figures.school_year = counts.school_year
        and figures.school_id is not distinct from counts.school_id
