-- A flag is raised by any of its lines, and not raised where every one of them is known and none is met; between the
-- two it is not known. Without a mark a pupil's courses are not known. An action of no known kind may be whatever a
-- line counts: enough others still raise the flag, too few do not show that it is not to be raised.
with judged as (
    select pupils.*, rules.rule, rules.flag, rules.indicator, rules.comparison, rules.bound, rules.subjects
    from {{ ref('int_student__indicators') }} as pupils
    cross join {{ source('collaborative', 'early_warning_rules') }} as rules
    where pupils.is_there_at_end and {{ in_build_scope('pupils') }}
),

lines as (
    select
        district_id,
        school_year,
        student_key,
        rule,
        flag,
        comparison,
        bound,
        cast(case indicator
            when 'attendance_share' then attendance_share
            when 'out_of_school_suspensions' then out_of_school_suspensions
            when 'in_school_suspensions' then in_school_suspensions
            when 'referrals' then referrals
            when 'incidents' then incidents
            when 'failed_courses' then case
                when n_marks > 0
                    then len(list_filter(failed_subjects, lambda failed: contains(string_split(subjects, ' '), failed)))
            end
        end as decimal(38, 10)) as found,
        actions_of_unknown_kind > 0
        and indicator in ('out_of_school_suspensions', 'in_school_suspensions', 'referrals') as may_be_more
    from judged
),

flags as (
    select
        district_id,
        school_year,
        student_key,
        rule,
        flag,
        case
            when
                bool_or(case comparison when 'below' then found < bound and not may_be_more else found >= bound end)
                then true
            when count(*) = count(found) filter (where not may_be_more) then false
        end as is_raised
    from lines
    group by district_id, school_year, student_key, rule, flag
)

select
    district_id,
    school_year,
    student_key,
    rule,
    bool_or(is_raised) filter (where flag = 'A') as flag_a,
    bool_or(is_raised) filter (where flag = 'B') as flag_b,
    bool_or(is_raised) filter (where flag = 'C') as flag_c,
    cast(count(*) filter (where is_raised) as integer) as n_flags,
    cast(count(*) filter (where is_raised is null) as integer) as n_unknown
from flags
group by district_id, school_year, student_key, rule
