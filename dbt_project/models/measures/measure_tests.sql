-- A test names no school: it counts where the pupil was enrolled on its day, in the district and at the school. Of
-- tests of one subject in a year the last counts. A full-year figure leaves out who came after the day of the autumn
-- count. Whoever is enrolled within the window, in a grade that the assessment was for (those that the window names; if
-- it names none, all that somebody tested), should have taken it: whether one did counts for each school of the pupil's
-- in the window. Before the window is over nobody says how many will.
with tests as (
    select
        district_id,
        school_year,
        student_key,
        assessment_id,
        'subject=' || subject as breakdown,
        max(grade_tested) as grade,
        max(admin_date) filter (where is_scored) as admin_date,
        arg_max(is_proficient, admin_date) filter (where is_scored) as is_proficient,
        bool_or(was_taken) as was_taken
    from (
        select
            *,
            coalesce(participation, 'tested') in ('tested', 'alternate') as was_taken,
            coalesce(participation, 'tested') in ('tested', 'alternate') and coalesce(is_valid, true)
            and is_proficient is not null as is_scored
        from {{ ref('stg_district__assessments') }}
        where {{ in_build_scope('stg_district__assessments') }}
    ) as tests
    group by district_id, school_year, student_key, assessment_id, subject
),

judged as (
    select
        district_id, school_year, assessment_id, breakdown,
        list(distinct grade) filter (where grade is not null) as grades
    from tests
    group by district_id, school_year, assessment_id, breakdown
    having count(is_proficient) > 0
),

places as (
    select
        places.district_id,
        places.school_year,
        places.entity_type,
        places.entity_id,
        places.student_key,
        places.grade,
        places.first_day,
        places.last_day,
        places.n_stays,
        places.is_there_on_count_day and places.n_stays = 1 as is_full_year
    from {{ ref('int_enrollment__student_year') }} as places
    where
        {{ in_build_scope('places') }}
        and (places.district_id, places.school_year) in (select judged.district_id, judged.school_year from judged)
),

heard as (
    select district_id, school_year, max(data_through) as heard_through
    from {{ source('build', 'selection') }}
    where contract = 'assessments' and is_current
    group by district_id, school_year
),

windows as (
    select
        judged.*,
        coalesce(string_split(windows.grades, ' '), judged.grades) as expected_grades,
        windows.begins_on,
        windows.ends_on
    from judged
    inner join {{ source('collaborative', 'pupil_windows') }} as windows
        on
            judged.school_year = windows.school_year
            and judged.assessment_id = windows.assessment_id
            and coalesce('subject=' || windows.subject, judged.breakdown) = judged.breakdown
            and windows.purpose = 'test'
    qualify
        windows.subject is not null
        or count(windows.subject) over (
            partition by judged.district_id, judged.school_year, judged.assessment_id, judged.breakdown
        ) = 0
),

expected as (
    select
        windows.district_id, windows.school_year, windows.assessment_id, windows.breakdown,
        unnest(windows.expected_grades) as grade, windows.begins_on, windows.ends_on,
        heard.heard_through >= windows.ends_on as is_over
    from windows
    left join heard on windows.district_id = heard.district_id and windows.school_year = heard.school_year
),

facts as (
    select
        places.district_id, places.school_year, places.entity_type, places.entity_id, places.student_key,
        tests.assessment_id, tests.breakdown, places.is_full_year, 'SS.P01' as metric_id, true as is_over,
        tests.is_proficient as is_met
    from tests
    inner join places
        on
            tests.district_id = places.district_id
            and tests.school_year = places.school_year
            and tests.student_key = places.student_key
            and tests.admin_date >= places.first_day
            and tests.admin_date <= places.last_day
    where
        tests.is_proficient is not null
        and (
            places.n_stays = 1
            or (
                places.district_id, places.school_year, places.entity_type, places.entity_id, places.student_key,
                tests.admin_date
            ) in ({{ days_of_returned('tests', 'admin_date') }})
        )
    union all
    select
        places.district_id, places.school_year, places.entity_type, places.entity_id, places.student_key,
        expected.assessment_id, expected.breakdown, false as is_full_year, 'SS.P03' as metric_id,
        coalesce(expected.is_over, false) as is_over, coalesce(tests.was_taken, false) as is_met
    from expected
    inner join places
        on
            expected.district_id = places.district_id
            and expected.school_year = places.school_year
            and expected.grade = places.grade
            and expected.begins_on <= places.last_day
            and expected.ends_on >= places.first_day
    left join tests
        on
            places.district_id = tests.district_id
            and places.school_year = tests.school_year
            and places.student_key = tests.student_key
            and expected.assessment_id = tests.assessment_id
            and expected.breakdown = tests.breakdown
),

grouped as (
    select *, 'all' as subgroup from facts
    union all
    select facts.*, members.subgroup
    from facts
    inner join {{ ref('brg_student_subgroup') }} as members
        on
            facts.district_id = members.district_id
            and facts.school_year = members.school_year
            and facts.student_key = members.student_key
    where {{ in_build_scope('members') }}
),

sums as (
    select
        district_id,
        school_year,
        entity_type,
        entity_id,
        subgroup,
        breakdown,
        metric_id,
        assessment_id,
        bool_and(is_over) as is_over,
        cast(count(*) filter (where is_met) as decimal(38, 6)) as n_met,
        cast(count(*) as decimal(38, 6)) as n_pupils,
        cast(count(*) filter (where is_met and is_full_year) as decimal(38, 6)) as n_met_of_full_year,
        cast(count(*) filter (where is_full_year) as decimal(38, 6)) as n_of_full_year
    from grouped
    group by district_id, school_year, entity_type, entity_id, subgroup, breakdown, metric_id, assessment_id
),

variants as (
    select *, assessment_id as variant, n_met as numerator, n_pupils as denominator from sums
    union all
    select *, assessment_id || '_full_year' as variant, n_met_of_full_year as numerator, n_of_full_year as denominator
    from sums
    where metric_id = 'SS.P01' and n_of_full_year > 0
),

figures as (
    select variants.*, coalesce(variants.denominator < metrics.minimum_n, false) as is_too_few
    from variants
    inner join {{ ref('dim_metric') }} as metrics on variants.metric_id = metrics.metric_id
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    'year' as period,
    subgroup,
    breakdown,
    metric_id,
    variant,
    case when is_over and not is_too_few then {{ rate('numerator', 'denominator') }} end as value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    case when is_over and not is_too_few then numerator end as numerator,
    denominator,
    denominator as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case
        when not is_over then 'not_reported'
        when is_too_few then 'too_few'
        else 'computed'
    end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
