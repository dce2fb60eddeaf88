-- A printed figure stands under a variant that has a family, and a metric that one family has alone under no other's.
with figures as (
    select district_id, metric_id, variant, count(*) as n_figures
    from measures.measure_reported
    where metric_id like 'PPE.%'
    group by district_id, metric_id, variant
),

own_family (metric_id, ppe_family) as (
    values
    ('PPE.S%', 'essa'),
    ('PPE.D01', 'essa'),
    ('PPE.D02', 'state_functional'),
    ('PPE.D03', 'state_functional'),
    ('PPE.D04', 'state_functional'),
    ('PPE.D08', 'state_functional'),
    ('PPE.D09', 'state_functional'),
    ('PPE.F01', 'state_functional'),
    ('PPE.D05', 'f33')
)

select
    figures.district_id,
    cast(sum(figures.n_figures) as bigint) as n_checked,
    cast(
        coalesce(
            sum(figures.n_figures) filter (
                where families.ppe_family is null or families.ppe_family <> own_family.ppe_family
            ),
            0
        ) as bigint
    ) as n_failed
from figures
left join collaborative.spending_families as families on figures.variant = families.variant
left join own_family on figures.metric_id like own_family.metric_id
group by figures.district_id
