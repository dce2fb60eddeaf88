-- The functions of in-district spending per pupil add up to their total, per entity, year and basis. Looked at wherever
-- there is a total, also without any function, as long as its publication prints functions of anyone; not where a
-- function is withheld. A function that the state left blank has no row and adds nothing, so a function that got lost
-- on the way shows as a difference.
with figures as (
    select
        district_id, entity_type, entity_id, school_year, variant, basis, vintage, metric_id, breakdown, value
    from measures.measure_reported
    union all
    select
        district_id, entity_type, entity_id, school_year, variant, basis, vintage, metric_id, breakdown, value
    from measures.measure_state_function_spending
    union all
    select
        district_id, entity_type, entity_id, school_year, variant, basis, vintage, metric_id, breakdown, value
    from measures.measure_state_spending_per_pupil
),

functions as (
    select 'function=' || state_function as breakdown
    from collaborative.state_functions
    where is_in_district
),

parts as (
    select figures.*
    from figures
    inner join functions on figures.breakdown = functions.breakdown
    where figures.metric_id = 'PPE.D04'
),

components as (
    select
        district_id, entity_type, entity_id, school_year, variant, basis,
        sum(value) as value,
        count(*) filter (where value is null) as n_withheld
    from parts
    group by district_id, entity_type, entity_id, school_year, variant, basis
),

publications as (
    select distinct entity_type, school_year, variant, basis, vintage
    from parts
),

compared as (
    select
        totals.district_id,
        totals.school_year,
        abs(coalesce(components.value, 0) - totals.value) as difference
    from figures as totals
    left join components
        on
            totals.district_id = components.district_id
            and totals.entity_type = components.entity_type
            and totals.entity_id = components.entity_id
            and totals.school_year = components.school_year
            and totals.variant = components.variant
            and totals.basis = components.basis
    left join publications
        on
            totals.entity_type = publications.entity_type
            and totals.school_year = publications.school_year
            and totals.variant = publications.variant
            and totals.basis = publications.basis
            and totals.vintage is not distinct from publications.vintage
    where
        totals.metric_id = 'PPE.D02'
        and totals.breakdown = 'all'
        and totals.value is not null
        and coalesce(components.n_withheld, 0) = 0
        and coalesce(components.district_id, publications.entity_type) is not null
),

tolerance as (
    select value as per_pupil
    from collaborative.thresholds
    where threshold = 'component_sum_tolerance_per_pupil'
)

select
    compared.district_id,
    'finance' as domain,
    compared.school_year,
    count(*) as n_checked,
    -- without a tolerance nothing is close enough
    count(*) filter (where coalesce(compared.difference > tolerance.per_pupil, true)) as n_failed
from compared
left join tolerance on true
group by compared.district_id, compared.school_year
