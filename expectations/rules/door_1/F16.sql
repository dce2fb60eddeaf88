-- Each line of a report or a ledger is of a function that the state's report has in that school year: a code of
-- another year would put its dollars into a category that is not there any more, or not yet.
with lines as (
    select district_id, school_year, domain, state_function, 'eoyr_report' as extract, count(*) as n_lines
    from candidate.eoyr_report
    group by district_id, school_year, domain, state_function
    union all
    select
        gl.district_id, gl.school_year, gl.domain, chart.state_function, 'gl_actuals' as extract, count(*) as n_lines
    from candidate.gl_actuals as gl
    inner join candidate.mapped_accounts as chart
        on
            gl.district_id = chart.district_id
            and gl.school_year = chart.school_year
            and gl.account_id = chart.account_id
    where chart.state_function is not null
    group by gl.district_id, gl.school_year, gl.domain, chart.state_function
),

judged as (
    select
        lines.*,
        known.state_function is null as is_unknown,
        lines.school_year not between known.from_school_year and known.to_school_year as is_of_another_year
    from lines
    left join candidate.state_functions as known on lines.state_function = known.state_function
),

faults as (
    select
        *,
        is_unknown or is_of_another_year as is_fault,
        extract || ' uses ' || state_function
        || case when is_unknown then ', which is not in state_functions.csv' else ', which is not of ' end
        || case when is_unknown then '' else cast(school_year as varchar) end as told
    from judged
)

select
    district_id,
    school_year,
    domain,
    sum(n_lines) as n_checked,
    coalesce(sum(n_lines) filter (where is_fault), 0) as n_failed,
    string_agg(told, '; ' order by told) filter (where is_fault) as message
from faults
group by district_id, school_year, domain
