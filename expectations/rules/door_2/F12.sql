-- A printed figure stands under a variant that has a family, and a metric that one family has alone under no other's:
-- dim_spending_basis has a row for what may be.
with figures as (
    select district_id, school_year, metric_id, variant, count(*) as n_figures
    from measures.measure_reported
    where metric_id like 'PPE.%'
    group by district_id, school_year, metric_id, variant
)

select
    figures.district_id,
    'finance' as domain,
    figures.school_year,
    cast(sum(figures.n_figures) as bigint) as n_checked,
    cast(coalesce(sum(figures.n_figures) filter (where bases.metric_id is null), 0) as bigint) as n_failed
from figures
left join conformed.dim_spending_basis as bases
    on figures.metric_id = bases.metric_id and figures.variant = bases.variant
group by figures.district_id, figures.school_year
