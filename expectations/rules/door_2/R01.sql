-- Every district of the roster is accounted for: one state for each domain and year that the selection speaks of,
-- and rows exactly where that state says that there are some. A slot that no figure is made of yet asks for none.
with years as (
    select distinct domain, school_year
    from build.selection
),

expected as (
    select districts.district_id, years.domain, years.school_year
    from collaborative.districts as districts
    inner join years
        on years.school_year between coalesce(districts.member_from, 0) and coalesce(districts.member_to, 9999)
),

told as (
    select district_id, domain, school_year, count(*) as n_states, max(state) as state
    from conformed.dim_delivery_status
    where district_id <> '_all'
    group by district_id, domain, school_year
),

selected as (
    select
        district_id,
        domain,
        school_year,
        bool_or(contract in (
            'state_reported_measures', 'eoyr_report', 'enrollments', 'gl_actuals', 'gl_budget', 'chart_of_accounts'
        )) as has_conformed_rows
    from build.selection
    group by district_id, domain, school_year
),

conformed_rows as (
    select district_id, school_year from conformed.fct_reported_value
    union
    select district_id, school_year from conformed.fct_eoyr_expenditure
    union
    select district_id, school_year from conformed.fct_enrollment
    union
    select district_id, school_year from conformed.fct_gl_actual
    union
    select district_id, school_year from conformed.fct_gl_budget
    union
    select district_id, school_year from staging.stg_district__chart_of_accounts
),

accounted as (
    select
        expected.district_id,
        coalesce(told.n_states, 0) = 1
        and (told.state = 'admitted') = (selected.district_id is not null)
        and (coalesce(not selected.has_conformed_rows, true) or conformed_rows.district_id is not null) as is_accounted
    from expected
    left join told
        on
            expected.district_id = told.district_id
            and expected.domain = told.domain
            and expected.school_year = told.school_year
    left join selected
        on
            expected.district_id = selected.district_id
            and expected.domain = selected.domain
            and expected.school_year = selected.school_year
    left join conformed_rows
        on expected.district_id = conformed_rows.district_id and expected.school_year = conformed_rows.school_year
)

select
    district_id,
    count(*) as n_checked,
    count(*) filter (where is_accounted is distinct from true) as n_failed
from accounted
group by district_id
