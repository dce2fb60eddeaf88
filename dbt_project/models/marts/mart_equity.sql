-- An index beside the units that it is of and the evidence for its definition: without them it is easily read as more
-- than it is.
with indices as (
    select * from {{ ref('mart_metric_value') }} where split_part(metric_id, '.', 1) = 'EQ'
),

comparisons as (
    select *, {{ equity_breakdown() }} as breakdown, {{ equity_basis() }} as basis_of_index
    from {{ ref('int_equity__comparison') }}
)

select
    indices.district_id,
    indices.entity_type,
    indices.entity_id,
    indices.school_year,
    indices.fiscal_year,
    indices.breakdown,
    indices.metric_id,
    metrics.metric_name,
    metrics.evidence,
    indices.variant,
    indices.ppe_family,
    indices.basis,
    comparisons.metric_id as spending_metric_id,
    comparisons.unit_type,
    case
        when indices.metric_id in ('EQ.06', 'EQ.07', 'EQ.08', 'EQ.09') then comparisons.n_units_with_need
        else comparisons.n_units
    end as n_units,
    comparisons.n_units + comparisons.n_unknown as n_units_in_all,
    indices.n,
    indices.value,
    indices.value_low,
    indices.value_high,
    indices.level,
    indices.value_status,
    indices.method_version,
    indices.data_through,
    indices.freshness
from indices
inner join {{ ref('dim_metric') }} as metrics on indices.metric_id = metrics.metric_id
left join comparisons
    on
        indices.district_id = comparisons.district_id
        and indices.school_year = comparisons.school_year
        and indices.breakdown = comparisons.breakdown
        and indices.variant = comparisons.variant
        and indices.basis = comparisons.basis_of_index
