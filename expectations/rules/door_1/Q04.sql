-- Every district stands on that school year's roster; `_all` is the state or the whole collaborative.
with every_row as (
    select district_id, school_year, domain from candidate.state_reported_measures
    union all
    select district_id, school_year, domain from candidate.eoyr_report
)

select
    every_row.district_id,
    every_row.school_year,
    every_row.domain,
    count(*) as n_checked,
    count(*) filter (where roster.district_id is null and every_row.district_id <> '_all') as n_failed
from every_row
left join candidate.roster as roster
    on every_row.district_id = roster.district_id and every_row.school_year = roster.school_year
group by every_row.district_id, every_row.school_year, every_row.domain
