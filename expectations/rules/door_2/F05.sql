-- The functions of in-district spending per pupil add up to their total, per entity, year and basis. Looked at where
-- there is a total and no function is withheld; a function that the state left blank has no row and adds nothing, so a
-- function that got lost on the way shows as a difference.
with figures as (
    select
        district_id, entity_type, entity_id, school_year, variant, basis, metric_id, breakdown, value
    from measures.measure_reported
    union all
    select
        district_id, entity_type, entity_id, school_year, variant, basis, metric_id, breakdown, value
    from measures.measure_state_function_spending
    union all
    select
        district_id, entity_type, entity_id, school_year, variant, basis, metric_id, breakdown, value
    from measures.measure_state_spending_per_pupil
),

functions as (
    select 'function=' || state_function as breakdown
    from collaborative.state_functions
    where is_in_district
),

components as (
    select
        figures.district_id,
        figures.entity_type,
        figures.entity_id,
        figures.school_year,
        figures.variant,
        figures.basis,
        sum(figures.value) as value,
        count(*) filter (where figures.value is null) as n_withheld
    from figures
    inner join functions on figures.breakdown = functions.breakdown
    where figures.metric_id = 'PPE.D04'
    group by
        figures.district_id, figures.entity_type, figures.entity_id, figures.school_year, figures.variant,
        figures.basis
),

compared as (
    select
        components.district_id,
        abs(components.value - totals.value) as difference
    from components
    inner join figures as totals
        on
            components.district_id = totals.district_id
            and components.entity_type = totals.entity_type
            and components.entity_id = totals.entity_id
            and components.school_year = totals.school_year
            and components.variant = totals.variant
            and components.basis = totals.basis
            and totals.metric_id = 'PPE.D02'
            and totals.breakdown = 'all'
            and totals.value is not null
    where components.n_withheld = 0
),

tolerance as (
    select value as per_pupil
    from collaborative.thresholds
    where threshold = 'component_sum_tolerance_per_pupil'
)

select
    compared.district_id,
    count(*) as n_checked,
    -- without a tolerance nothing is close enough
    count(*) filter (where coalesce(compared.difference > tolerance.per_pupil, true)) as n_failed
from compared
left join tolerance on true
group by compared.district_id
