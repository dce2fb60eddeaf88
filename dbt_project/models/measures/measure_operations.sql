-- Every ratio of operations is a row of the seed `metric_ratio`: which input is divided by which. A row is made where
-- the numerator is known of, and says why there is no value. Figures of fewer people than the metric's least number
-- show neither value nor parts, nor do the other slices of their kind: all less the others would show them. An amount
-- about people of an unknown number is of none; one about no people has no n.
with inputs as (
    select * from {{ ref('int_operations__input') }} where {{ in_build_scope('int_operations__input') }}
),

ratios as (
    select
        ratios.*,
        metrics.minimum_n
    from {{ ref('metric_ratio') }} as ratios
    left join {{ ref('dim_metric') }} as metrics on ratios.metric_id = metrics.metric_id
),

numerators as (
    select
        inputs.*,
        ratios.metric_id,
        ratios.variant,
        ratios.denominator as denominator_id,
        ratios.minimum_n,
        case when ratios.denominator_is_of_all then 'all' else inputs.breakdown end as denominator_breakdown
    from inputs
    inner join ratios on inputs.input_id = ratios.numerator
    where (inputs.period = 'year' or ratios.is_for_parts_of_a_year)
),

pairs as (
    select
        numerators.*,
        denominators.amount as denominator,
        least(numerators.n, denominators.n) as fewest,
        case when numerators.basis = 'computed' then 'computed' else 'implied' end as basis_of_ratio
    from numerators
    left join inputs as denominators
        on
            numerators.district_id = denominators.district_id
            and numerators.entity_type = denominators.entity_type
            and numerators.entity_id = denominators.entity_id
            and numerators.school_year = denominators.school_year
            and numerators.period = denominators.period
            and numerators.denominator_breakdown = denominators.breakdown
            and numerators.denominator_id = denominators.input_id
            and numerators.basis = denominators.basis
),

shown as (
    select *, bool_or(coalesce(fewest < minimum_n, false)) over slices as is_too_few
    from pairs
    window slices as (
        partition by
            district_id, entity_type, entity_id, school_year, period, metric_id, variant, basis_of_ratio,
            split_part(breakdown, '=', 1)
    )
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    period,
    'all' as subgroup,
    breakdown,
    metric_id,
    variant,
    case when not is_too_few then {{ rate('amount', 'denominator') }} end as value,
    {{ no_interval() }},
    case when not is_too_few then amount end as numerator,
    case when not is_too_few then denominator end as denominator,
    fewest as n,
    basis_of_ratio as basis,
    cast(null as varchar) as vintage,
    case when is_too_few then 'too_few' else {{ value_status('amount', 'denominator') }} end as value_status,
    domain,
    cast(null as date) as data_through
from shown
