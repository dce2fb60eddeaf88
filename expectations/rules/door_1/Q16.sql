-- Growth percentiles are 1 to 99, ranks 0 to 100, and a level is a range of scores: those of two levels of one
-- test, subject, grade and month do not meet (cuts differ by season, and by grade: without one, nothing is
-- compared), and a level is proficient for everybody or for nobody. (Shares of pupils tested are held to 0 to
-- 100 % by the range of their metric: rule M03.)
with scores as (
    select * from candidate.assessments where coalesce(is_valid, true)
),

out_of_range as (
    select
        district_id,
        school_year,
        domain,
        count(*) as n_checked,
        count(*) filter (where sgp not between 1 and 99 or percentile_rank not between 0 and 100) as n_failed
    from scores
    group by district_id, school_year, domain
),

levels as (
    select
        district_id,
        school_year,
        domain,
        assessment_id,
        subject,
        grade_tested,
        date_trunc('month', admin_date) as month,
        level,
        min(scale_score) as lowest,
        max(scale_score) as highest,
        count(distinct is_proficient) as n_meanings
    from scores
    where level is not null and participation = 'tested'
    group by district_id, school_year, domain, assessment_id, subject, grade_tested, month, level
),

crossing as (
    select
        one.district_id, one.school_year, one.assessment_id, one.subject, one.grade_tested, one.month, one.level
    from levels as one
    inner join levels as other
        on
            one.district_id = other.district_id
            and one.school_year = other.school_year
            and one.assessment_id = other.assessment_id
            and one.subject = other.subject
            and one.grade_tested = other.grade_tested
            and one.month = other.month
            and one.level <> other.level
            and one.lowest <= other.highest
            and other.lowest <= one.highest
    group by
        one.district_id, one.school_year, one.assessment_id, one.subject, one.grade_tested, one.month, one.level
),

ranges as (
    select
        levels.district_id,
        levels.school_year,
        levels.domain,
        count(*) as n_checked,
        count(*) filter (where levels.n_meanings > 1) as n_doubtful,
        count(crossing.level) as n_crossing
    from levels
    left join crossing
        on
            levels.district_id = crossing.district_id
            and levels.school_year = crossing.school_year
            and levels.assessment_id = crossing.assessment_id
            and levels.subject = crossing.subject
            and levels.grade_tested = crossing.grade_tested
            and levels.month = crossing.month
            and levels.level = crossing.level
    group by levels.district_id, levels.school_year, levels.domain
)

select
    district_id,
    school_year,
    domain,
    n_checked,
    n_failed,
    n_failed || ' scores have a growth percentile outside 1 to 99 or a rank outside 0 to 100' as message
from out_of_range
union all
select
    district_id,
    school_year,
    domain,
    n_checked,
    n_crossing + n_doubtful as n_failed,
    n_crossing || ' levels of a test share scores with another level, ' || n_doubtful
    || ' are proficient for some and not for others' as message
from ranges
