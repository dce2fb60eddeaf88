-- Each pupil once over all who were enrolled, at each school and in the district. A district that sent discipline says
-- of each of its schools what was done there, also nothing; one that never says what kind an action is says nothing of
-- suspensions, and nothing is said of a kind of action that nobody of the district had.
with actions as (
    select district_id, school_year, action_type from {{ ref('stg_district__discipline') }}
    where {{ in_build_scope('stg_district__discipline') }}
),

kinds as (
    select district_id, school_year, action_type from actions
    where action_type in ('expulsion', 'alternative_setting', 'emergency_removal')
    group by district_id, school_year, action_type
),

senders as (
    select actions.district_id, actions.school_year, count(actions.action_type) > 0 as says_kinds
    from actions
    group by actions.district_id, actions.school_year
),

enrolled as (
    select
        counts.district_id,
        counts.school_year,
        counts.entity_type,
        counts.entity_id,
        counts.subgroup,
        counts.numerator as n_pupils,
        senders.says_kinds
    from {{ ref('measure_mobility') }} as counts
    inner join senders on counts.district_id = senders.district_id and counts.school_year = senders.school_year
    where counts.metric_id = 'SS.N01' and {{ in_build_scope('counts') }}
),

-- Whoever was disciplined where nobody enrolled the pupil is no pupil of that place.
acted as (
    select discipline.*
    from {{ ref('int_discipline__student_year') }} as discipline
    inner join {{ ref('int_enrollment__student_year') }} as pupils
        on
            discipline.district_id = pupils.district_id
            and discipline.school_year = pupils.school_year
            and discipline.entity_type = pupils.entity_type
            and discipline.entity_id = pupils.entity_id
            and discipline.student_key = pupils.student_key
    where {{ in_build_scope('discipline') }}
),

-- Nobody loses more days than there were; where no attendance came, nobody says how many there were.
instruction as (
    select
        district_id,
        school_year,
        student_key,
        coalesce(school_id, district_id) as entity_id,
        case when count(*) = count(days_enrolled) then sum(days_enrolled) end as days
    from {{ ref('measure_student_attendance') }}
    where
        {{ in_build_scope('measure_student_attendance') }}
        and (district_id, school_year, student_key) in (
            select acted.district_id, acted.school_year, acted.student_key from acted
        )
    group by grouping sets ((district_id, school_year, school_id, student_key), (district_id, school_year, student_key))
),

pupils as (
    select
        acted.*,
        least(acted.in_school_days + acted.out_of_school_days, instruction.days) as days_lost
    from acted
    left join instruction
        on
            acted.district_id = instruction.district_id
            and acted.school_year = instruction.school_year
            and acted.entity_id = instruction.entity_id
            and acted.student_key = instruction.student_key
),

grouped as (
    {{ in_each_subgroup('pupils') }}
),

judged as (
    select
        grouped.*,
        rules.metric_id,
        rules.variant,
        rules.least_days,
        case when rules.counts_in_school then grouped.n_in_school else 0 end
        + case when rules.counts_out_of_school then grouped.n_out_of_school else 0 end as n_suspensions,
        case when rules.counts_in_school then grouped.in_school_days else 0 end
        + case when rules.counts_out_of_school then grouped.out_of_school_days else 0 end as days
    from grouped
    cross join {{ source('collaborative', 'suspension_rules') }} as rules
),

-- Whose known days are too few, and some of whose are not known, may have been suspended or not; so may anyone some of
-- whose actions are of no known kind.
suspended as (
    select
        district_id, school_year, entity_id, subgroup, metric_id, variant,
        count(*) filter (where n_suspensions > 0 and days >= least_days) as n,
        count(*) filter (
            where (n_suspensions = 0 or days < least_days)
            and (n_of_unknown_kind > 0 or (n_suspensions > 0 and n_of_unknown_length > 0))
        ) as n_unknown
    from judged
    group by district_id, school_year, entity_id, subgroup, metric_id, variant
),

lost as (
    select
        district_id, school_year, entity_id, subgroup,
        sum(days_lost) as days,
        sum(n_of_unknown_length + n_of_unknown_kind) as n_unknown,
        sum(n_of_unknown_kind) as n_of_unknown_kind,
        count(*) filter (where is_expelled) as expulsion,
        count(*) filter (where is_in_alternative_setting) as alternate_setting,
        count(*) filter (where is_removed) as emergency_removal
    from grouped
    group by district_id, school_year, entity_id, subgroup
),

asked as (
    select enrolled.*, rules.metric_id, rules.variant, 'all' as breakdown
    from enrolled
    cross join {{ source('collaborative', 'suspension_rules') }} as rules
),

figures as (
    select
        asked.*,
        case when asked.says_kinds and coalesce(suspended.n_unknown, 0) = 0 then coalesce(suspended.n, 0) end
            as numerator,
        asked.n_pupils as denominator
    from asked
    left join suspended
        on
            asked.district_id = suspended.district_id
            and asked.school_year = suspended.school_year
            and asked.entity_id = suspended.entity_id
            and asked.subgroup = suspended.subgroup
            and asked.metric_id = suspended.metric_id
            and asked.variant = suspended.variant
    union all
    select
        enrolled.*,
        'SS.B03' as metric_id,
        'in_and_out_of_school' as variant,
        'all' as breakdown,
        case when enrolled.says_kinds and coalesce(lost.n_unknown, 0) = 0 then coalesce(lost.days, 0) end as numerator,
        enrolled.n_pupils * 0.01 as denominator
    from enrolled
    left join lost
        on
            enrolled.district_id = lost.district_id
            and enrolled.school_year = lost.school_year
            and enrolled.entity_id = lost.entity_id
            and enrolled.subgroup = lost.subgroup
    union all
    select
        enrolled.*,
        'SS.B06' as metric_id,
        'any_length' as variant,
        case kinds.action_type
            when 'expulsion' then 'action=expulsion'
            when 'alternative_setting' then 'action=alternate_setting'
            else 'action=emergency_removal'
        end as breakdown,
        case when coalesce(lost.n_of_unknown_kind, 0) = 0 then coalesce(
            case kinds.action_type
                when 'expulsion' then lost.expulsion
                when 'alternative_setting' then lost.alternate_setting
                else lost.emergency_removal
            end, 0
        ) end as numerator,
        enrolled.n_pupils as denominator
    from enrolled
    inner join kinds on enrolled.district_id = kinds.district_id and enrolled.school_year = kinds.school_year
    left join lost
        on
            enrolled.district_id = lost.district_id
            and enrolled.school_year = lost.school_year
            and enrolled.entity_id = lost.entity_id
            and enrolled.subgroup = lost.subgroup
),

exact as (
    select
        * replace (cast(numerator as decimal(38, 6)) as numerator, cast(denominator as decimal(38, 6)) as denominator)
    from figures
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
    {{ rate('numerator', 'denominator') }} as value,
    {{ no_interval() }},
    numerator,
    denominator,
    n_pupils as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when says_kinds then {{ value_status('numerator', 'denominator') }} else 'not_reported' end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from exact
