-- The layout in which states publish school spending; each value is the quotient of its own dollars, never a sum of
-- quotients.
with schools as (
    select
        *,
        {{ sum_of_parts() }} as total_usd
    from {{ ref('int_spending__school') }}
),

excluded as (
    select district_id, school_year, cast(sum(amount_usd) as decimal(18, 2)) as excluded_usd
    from {{ ref('int_spending__account') }}
    where placement = 'excluded'
    group by district_id, school_year
)

select
    schools.district_id,
    schools.school_id,
    periods.fiscal_year,
    names.school_name,
    schools.adm,
    {{ per_pupil('site_federal_ppe_usd', place='site', source_group='federal') }},
    {{ per_pupil('site_state_local_ppe_usd', place='site', source_group='state_local') }},
    {{ per_pupil('site_ppe_usd', place='site') }},
    {{ per_pupil('central_federal_ppe_usd', place='central', source_group='federal') }},
    {{ per_pupil('central_state_local_ppe_usd', place='central', source_group='state_local') }},
    {{ per_pupil('central_ppe_usd', place='central') }},
    {{ per_pupil('federal_ppe_usd', source_group='federal') }},
    {{ per_pupil('state_local_ppe_usd', source_group='state_local') }},
    {{ per_pupil('total_ppe_usd') }},
    {{ per_pupil('personnel_federal_ppe_usd', source_group='federal', object_class='personnel') }},
    {{ per_pupil('personnel_state_local_ppe_usd', source_group='state_local', object_class='personnel') }},
    {{ per_pupil('personnel_ppe_usd', object_class='personnel') }},
    {{ per_pupil('nonpersonnel_federal_ppe_usd', source_group='federal', object_class='nonpersonnel') }},
    {{ per_pupil('nonpersonnel_state_local_ppe_usd', source_group='state_local', object_class='nonpersonnel') }},
    {{ per_pupil('nonpersonnel_ppe_usd', object_class='nonpersonnel') }},
    {{ value_status('schools.total_usd', 'schools.adm') }} as total_ppe_usd_status,
    schools.total_usd,
    coalesce(excluded.excluded_usd, 0.00) as district_excluded_usd,
    'adm' as denominator_basis
from schools
left join {{ ref('dim_period') }} as periods on schools.school_year = periods.school_year and periods.period = 'year'
left join {{ ref('dim_school') }} as names
    on schools.district_id = names.district_id and schools.school_id = names.school_id
left join excluded on schools.district_id = excluded.district_id and schools.school_year = excluded.school_year
