-- Who is referred, found eligible, and supported in time after a screening at risk, at schools and in the district.
with grades as (
    select windows.school_year, unnest(string_split(windows.grades, ' ')) as grade
    from {{ source('collaborative', 'screening_windows') }} as windows
),

screened_grades as (
    select school_year, grade from grades group by school_year, grade
),

memberships as (
    select
        pupils.district_id,
        pupils.school_year,
        pupils.school_id,
        case
            when count(*) = count(pupils.data_through)
                then sum({{ rate('pupils.days_enrolled', 'pupils.days_in_session') }})
        end as adm
    from {{ ref('measure_student_attendance') }} as pupils
    inner join screened_grades
        on pupils.school_year = screened_grades.school_year and pupils.grade = screened_grades.grade
    where {{ in_build_scope('pupils') }}
    group by grouping sets (
        (pupils.district_id, pupils.school_year, pupils.school_id), (pupils.district_id, pupils.school_year)
    )
),

-- Each pupil once, at the school of the first referral.
referred as (
    select
        supports.district_id,
        supports.school_year,
        supports.student_key,
        arg_min(supports.school_id, (supports.referral_date, supports.intervention_id)) as school_id,
        coalesce(bool_or(supports.is_eligible), false) as is_eligible
    from {{ ref('stg_district__interventions') }} as supports
    inner join {{ ref('int_enrollment__student_year') }} as pupils
        on
            supports.district_id = pupils.district_id
            and supports.school_year = pupils.school_year
            and supports.student_key = pupils.student_key
    inner join screened_grades
        on pupils.school_year = screened_grades.school_year and pupils.grade = screened_grades.grade
    where
        supports.referral_date is not null and pupils.entity_type = 'district'
        and {{ in_build_scope('supports') }}
    group by supports.district_id, supports.school_year, supports.student_key
),

senders as (
    select district_id, school_year
    from {{ source('build', 'selection') }}
    where contract = 'interventions' and is_current
    group by district_id, school_year
),

referrals as (
    select
        district_id,
        school_year,
        school_id,
        count(*) as n_referred,
        count(*) filter (where is_eligible) as n_eligible
    from referred
    group by grouping sets ((district_id, school_year, school_id), (district_id, school_year))
),

at_risk as (
    select * from {{ ref('int_support__at_risk') }} where is_due and {{ in_build_scope('int_support__at_risk') }}
),

reached as (
    select district_id, school_year, school_id, student_key, 'domain=' || domain as breakdown, is_in_time from at_risk
    union all
    select
        district_id,
        school_year,
        arg_min(school_id, (screened_on, domain)) as school_id,
        student_key,
        'all' as breakdown,
        bool_or(is_in_time) as is_in_time
    from at_risk
    group by district_id, school_year, student_key
),

reach as (
    select
        district_id,
        school_year,
        school_id,
        breakdown,
        count(*) filter (where is_in_time) as n_in_time,
        count(*) as n_at_risk
    from reached
    where school_id is not null
    group by district_id, school_year, school_id, breakdown
    union all
    select
        district_id,
        school_year,
        null as school_id,
        breakdown,
        count(*) filter (where is_in_time) as n_in_time,
        count(*) as n_at_risk
    from reached
    group by district_id, school_year, breakdown
),

figures as (
    select
        memberships.district_id,
        memberships.school_year,
        memberships.school_id,
        'SS.T03a' as metric_id,
        'first_referral' as variant,
        'all' as breakdown,
        cast(coalesce(referrals.n_referred, 0) as decimal(38, 6)) as numerator,
        cast(memberships.adm as decimal(38, 6)) as denominator
    from memberships
    inner join senders
        on memberships.district_id = senders.district_id and memberships.school_year = senders.school_year
    left join referrals
        on
            memberships.district_id = referrals.district_id
            and memberships.school_year = referrals.school_year
            and coalesce(memberships.school_id, '') = coalesce(referrals.school_id, '')
    union all
    select
        district_id,
        school_year,
        school_id,
        'SS.T03b' as metric_id,
        'first_referral' as variant,
        'all' as breakdown,
        cast(n_eligible as decimal(38, 6)) as numerator,
        cast(n_referred as decimal(38, 6)) as denominator
    from referrals
    union all
    select
        district_id,
        school_year,
        school_id,
        'SS.T04' as metric_id,
        'first_screening' as variant,
        breakdown,
        cast(n_in_time as decimal(38, 6)) as numerator,
        cast(n_at_risk as decimal(38, 6)) as denominator
    from reach
)

select
    district_id,
    case when school_id is null then 'district' else 'school' end as entity_type,
    coalesce(school_id, district_id) as entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    breakdown,
    metric_id,
    variant,
    {{ rate('numerator', 'denominator') }} as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    numerator,
    denominator,
    denominator as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    {{ value_status('numerator', 'denominator') }} as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
