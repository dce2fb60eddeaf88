-- Dollars without anybody to divide them by: a school that spends, and whose pupils nobody counted or none are. Its
-- figure stays empty, with the status that says why, and so does its district's.
with schools as (
    select
        district_id,
        school_year,
        entity_id as school_id,
        denominator,
        coalesce(denominator = 0, true) as is_off
    from measures.measure_school_spending
    where metric_id = 'PPE.S05' and variant = 'essa' and numerator <> 0
)

select
    district_id,
    count(*) as n_checked,
    count(*) filter (where is_off) as n_failed,
    string_agg(
        'school ' || school_id || ' has dollars and '
        || case when denominator = 0 then 'no pupils' else 'pupils that nobody counted' end
        || ' in ' || school_year,
        '; '
        order by school_year, school_id
    ) filter (where is_off) as message
from schools
group by district_id
