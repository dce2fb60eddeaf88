-- Weights are pupils. Sums are exact; only the standard deviation is a float, of terms in the order of their units, so
-- that it is the same each time. A percentile is the smallest spending at which the pupils so far reach its share.
with units as (
    select
        *,
        sum(n) over (comparison order by ppe_usd asc, unit_id asc rows unbounded preceding) as n_so_far,
        sum(n) over comparison as n_all,
        sum(spent_usd) over comparison as spent_all_usd
    from {{ ref('int_equity__unit') }}
    window comparison as (partition by district_id, unit_type, grade_span, metric_id, variant, basis, school_year)
),

marked as (
    select
        *,
        min(case when 2 * n_so_far >= n_all then ppe_usd end) over comparison as median_usd,
        cast(spent_usd as double) / cast(n as double) - cast(spent_all_usd as double) / cast(n_all as double)
            as distance_usd
    from units
    window comparison as (partition by district_id, unit_type, grade_span, metric_id, variant, basis, school_year)
)

select
    district_id,
    unit_type,
    grade_span,
    metric_id,
    variant,
    basis,
    school_year,
    cast(count(ppe_usd) as integer) as n_units,
    cast(count(*) - count(ppe_usd) as integer) as n_unknown,
    cast(sum(n) as decimal(38, 6)) as n_pupils,
    cast(sum(spent_usd) as decimal(38, 6)) as spent_usd,
    cast(round(sqrt(
        fsum(cast(n as double) * distance_usd * distance_usd order by unit_id asc) / cast(sum(n) as double)
    ), 10) as decimal(38, 10)) as sd_usd,
    any_value(median_usd) as median_usd,
    cast(sum(case when ppe_usd < median_usd then spent_usd end) as decimal(38, 6)) as below_usd,
    cast(sum(case when ppe_usd < median_usd then n end) as decimal(38, 6)) as n_below,
    cast(sum(case when ppe_usd > median_usd then spent_usd end) as decimal(38, 6)) as above_usd,
    cast(sum(case when ppe_usd > median_usd then n end) as decimal(38, 6)) as n_above,
    cast(sum(spent_usd * (2 * n_so_far - n - n_all)) as decimal(38, 6)) as differences_usd,
    min(case when 20 * n_so_far >= n_all then ppe_usd end) as p5_usd,
    min(case when 20 * n_so_far >= 19 * n_all then ppe_usd end) as p95_usd,
    cast(count(case when ppe_usd is not null then need_share end) as integer) as n_units_with_need,
    cast(sum(spent_usd * need_share) as decimal(38, 6)) as poor_usd,
    cast(sum(n * need_share) as decimal(38, 6)) as n_poor,
    cast(sum(spent_usd * (1 - need_share)) as decimal(38, 6)) as other_usd,
    cast(sum(n * (1 - need_share)) as decimal(38, 6)) as n_other
from marked
group by district_id, unit_type, grade_span, metric_id, variant, basis, school_year
