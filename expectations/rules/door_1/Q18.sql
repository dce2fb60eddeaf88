-- A session lies within its plan's dates and lasts 1 to 180 minutes; and who was found at risk has a plan within a
-- month, most of them. A screening younger than that, seen from the latest day of the district's files, is not
-- asked about.
with limits as (
    select
        max(value) filter (where threshold = 'session_minutes_most') as most_minutes,
        max(value) filter (where threshold = 'plan_within_days') as plan_days,
        max(value) filter (where threshold = 'at_risk_without_plan_share') as without_plan
    from candidate.thresholds
),

sessions as (
    select
        session.district_id,
        session.school_year,
        session.domain,
        count(*) as n_checked,
        count(*) filter (
            where
            session.session_date < plan.start_date
            or session.session_date > coalesce(plan.end_date, plan.planned_end_date)
        ) as n_outside,
        count(*) filter (
            where session.attended and session.minutes not between 1 and coalesce(limits.most_minutes, 0)
        ) as n_odd
    from candidate.intervention_sessions as session
    left join candidate.interventions as plan
        on
            session.district_id = plan.district_id
            and session.school_year = plan.school_year
            and session.intervention_id = plan.intervention_id
            and session.student_key = plan.student_key
    cross join limits
    group by session.district_id, session.school_year, session.domain
),

latest as (
    select district_id, school_year, max(day) as day
    from (
        select district_id, school_year, max(test_date) as day
        from candidate.screeners
        group by district_id, school_year
        union all
        select district_id, school_year, max(session_date) as day
        from candidate.intervention_sessions
        group by district_id, school_year
    )
    group by district_id, school_year
),

at_risk as (
    select screened.district_id, screened.school_year, screened.student_key, min(screened.test_date) as test_date
    from candidate.screeners as screened
    inner join latest on screened.district_id = latest.district_id and screened.school_year = latest.school_year
    cross join limits
    where
        screened.status = 'tested'
        and screened.window <> 'progress'
        and screened.benchmark_level in ('below', 'well_below')
        and screened.test_date + cast(coalesce(limits.plan_days, 0) as integer) < latest.day
    group by screened.district_id, screened.school_year, screened.student_key
),

planned as (
    select district_id, school_year, student_key, min(start_date) as start_date
    from candidate.interventions
    group by district_id, school_year, student_key
),

helped as (
    select
        at_risk.district_id,
        at_risk.school_year,
        count(*) as n_checked,
        count(*) filter (
            where
            planned.start_date is null
            or planned.start_date > at_risk.test_date + cast(coalesce(limits.plan_days, 0) as integer)
        ) as n_without
    from at_risk
    left join planned
        on
            at_risk.district_id = planned.district_id
            and at_risk.school_year = planned.school_year
            and at_risk.student_key = planned.student_key
    cross join limits
    where (at_risk.district_id, at_risk.school_year) in (
        select plans.district_id, plans.school_year from candidate.interventions as plans
    )
    group by at_risk.district_id, at_risk.school_year
)

select
    district_id,
    school_year,
    domain,
    n_checked,
    n_outside + n_odd as n_failed,
    n_outside || ' sessions lie outside their plan, ' || n_odd || ' last no minute or too many' as message
from sessions
union all
select
    helped.district_id,
    helped.school_year,
    'student' as domain,
    helped.n_checked,
    case
        when helped.n_without <= helped.n_checked * coalesce(limits.without_plan, 0) then 0 else helped.n_without
    end as n_failed,
    helped.n_without || ' of ' || helped.n_checked || ' pupils found at risk had no plan within a month' as message
from helped
cross join limits
