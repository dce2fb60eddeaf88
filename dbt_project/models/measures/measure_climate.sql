-- Answers, not respondents, are favourable or not; but too few respondents, and too few of those who were invited in
-- the whole district, show nothing. Of versions of a survey in one year the one due last counts. Staff are fewer than
-- pupils, so fewer of them are enough.
with invitations as (
    select district_id, school_year, survey_id, version, respondent_group, invited
    from {{ ref('stg_district__survey_invitations') }}
    where respondent_group <> 'district' and {{ in_build_scope('stg_district__survey_invitations') }}
    qualify row_number() over (
        partition by district_id, school_year, survey_id, respondent_group order by due_date desc, version desc
    ) = 1
),

limits as (
    select
        max(case when threshold = 'survey_minimum_participation' then value end) as least_share,
        max(case when threshold = 'survey_staff_minimum' then value end) as least_staff
    from {{ source('collaborative', 'thresholds') }}
),

answers as (
    select responses.*, invitations.invited
    from {{ ref('stg_district__survey_responses') }} as responses
    inner join invitations
        on
            responses.district_id = invitations.district_id
            and responses.school_year = invitations.school_year
            and responses.survey_id = invitations.survey_id
            and responses.version = invitations.version
            and responses.respondent_group = invitations.respondent_group
    where responses.value is not null and responses.scale is not null and {{ in_build_scope('responses') }}
),

participation as (
    select
        district_id, school_year, survey_id, respondent_group,
        cast(count(distinct respondent_key) as decimal(38, 6)) as n_answering,
        any_value(invited) as invited
    from answers
    group by district_id, school_year, survey_id, respondent_group
),

-- Of the rows that fit an answer the one that names its survey and its scale comes before one for all.
judged as (
    select answers.*, scales.favourable_from
    from answers
    inner join {{ source('collaborative', 'survey_scales') }} as scales
        on scales.survey_id in (answers.survey_id, '*') and scales.scale in (answers.scale, '*')
    where answers.value between scales.least_answer and scales.most_answer
    qualify row_number() over (
        partition by
            answers.district_id, answers.school_year, answers.survey_id, answers.question_id, answers.respondent_key
        order by scales.survey_id = '*', scales.scale = '*'
    ) = 1
),

counts as (
    select
        district_id, school_year, school_id, survey_id, respondent_group, scale,
        grouping(school_id) = 1 as is_district,
        cast(count(*) filter (where value >= favourable_from) as decimal(38, 6)) as numerator,
        cast(count(*) as decimal(38, 6)) as denominator,
        cast(count(distinct respondent_key) as decimal(38, 6)) as n
    from judged
    group by grouping sets (
        (district_id, school_year, school_id, survey_id, respondent_group, scale),
        (district_id, school_year, survey_id, respondent_group, scale)
    )
),

figures as (
    select
        counts.*,
        counts.n < case
            when counts.respondent_group in ('staff', 'teacher') then limits.least_staff else metrics.minimum_n
        end as is_too_few,
        participation.n_answering < limits.least_share * participation.invited as is_little_answered
    from counts
    inner join participation
        on
            counts.district_id = participation.district_id
            and counts.school_year = participation.school_year
            and counts.survey_id = participation.survey_id
            and counts.respondent_group = participation.respondent_group
    cross join limits
    cross join {{ ref('dim_metric') }} as metrics
    where metrics.metric_id = 'SS.Q01' and (counts.is_district or counts.school_id is not null)
)

select
    district_id,
    case when is_district then 'district' else 'school' end as entity_type,
    coalesce(school_id, district_id) as entity_id,
    school_year,
    'year' as period,
    respondent_group as subgroup,
    'scale=' || scale as breakdown,
    'SS.Q01' as metric_id,
    survey_id as variant,
    case when not (is_too_few or is_little_answered) then {{ rate('numerator', 'denominator') }} end as value,
    {{ no_interval() }},
    case when not (is_too_few or is_little_answered) then numerator end as numerator,
    case when not (is_too_few or is_little_answered) then denominator end as denominator,
    n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when is_too_few or is_little_answered then 'too_few' else 'computed' end as value_status,
    'survey' as domain,
    cast(null as date) as data_through
from figures
