-- A marker never becomes a number: a figure and its numerator stand beside the status `reported`, and only there. (The
-- denominator of a figure that is left blank may be known, such as pupils beside an empty dollar cell.)
select
    district_id,
    school_year,
    domain,
    count(*) as n_checked,
    count(*) filter (
        where
        coalesce(value_status, '') not in ('reported', 'suppressed', 'not_reported')
        or (value_status = 'reported' and value is null)
        or (value_status <> 'reported' and (value is not null or numerator is not null))
    ) as n_failed
from candidate.state_reported_measures
group by district_id, school_year, domain
union all
select
    district_id,
    school_year,
    domain,
    count(*) as n_checked,
    count(*) filter (where amount_usd is null) as n_failed
from candidate.eoyr_report
group by district_id, school_year, domain
