-- Schools of a district and grade span whose spending and low-income share are both known. The line of spending on
-- need is fitted with pupils as weights, in floats and in the order of the schools, so that it is the same each time;
-- whether need varies at all is asked of the shares themselves, because floats leave a rest where it does not.
-- Where schools stand by their share, those in which the last quarter of the pupils is make up the quarter of most
-- need, those in which the first is, that of least; a school that reaches into both is in neither.
with units as (
    select
        *,
        sum(n) over (comparison order by need_share asc, unit_id asc rows unbounded preceding) as n_so_far,
        sum(n) over comparison as n_all,
        cast(n as double) as weight,
        cast(sum(spent_usd) over comparison as double) / cast(sum(n) over comparison as double) as mean_usd,
        cast(sum(n * need_share) over comparison as double) / cast(sum(n) over comparison as double) as mean_need
    from {{ ref('int_equity__unit') }}
    where district_id <> '_all' and grade_span <> 'all' and ppe_usd is not null and need_share is not null
    window comparison as (partition by district_id, grade_span, metric_id, variant, basis, school_year)
),

placed as (
    select
        *,
        cast(spent_usd as double) / weight - mean_usd as y,
        cast(need_share as double) - mean_need as x,
        case
            when 4 * (n_so_far - n) < n_all and 4 * n_so_far > 3 * n_all then 'both'
            when 4 * (n_so_far - n) < n_all then 'low'
            when 4 * n_so_far > 3 * n_all then 'high'
        end as need_quarter
    from units
),

sloped as (
    select
        *,
        case
            when min(need_share) over comparison < max(need_share) over comparison
                then
                    fsum(weight * x * y order by unit_id asc) over comparison
                    / fsum(weight * x * x order by unit_id asc) over comparison
        end as slope
    from placed
    window comparison as (partition by district_id, grade_span, metric_id, variant, basis, school_year)
),

fitted as (
    select
        district_id,
        grade_span,
        metric_id,
        variant,
        basis,
        school_year,
        any_value(need_variant) as need_variant,
        cast(count(*) as integer) as n_units,
        cast(sum(n) as decimal(38, 6)) as n_pupils,
        any_value(slope) as slope,
        any_value(mean_usd) - any_value(slope) * any_value(mean_need) as intercept,
        fsum(weight * (y - slope * x) * (y - slope * x) order by unit_id asc) as squares_left,
        fsum(weight * x * x order by unit_id asc) as squares_of_need,
        {% for side in ['high', 'low'] %}
        cast(count(case when need_quarter = '{{ side }}' then 1 end) as integer) as n_units_{{ side }},
        cast(sum(case when need_quarter = '{{ side }}' then n end) as decimal(38, 6)) as n_{{ side }},
        cast(sum(case when need_quarter = '{{ side }}' then spent_usd end) as decimal(38, 6)) as {{ side }}_usd,
        {% endfor %}
        cast(count(*) - 2 as integer) as degrees_of_freedom
    from sloped
    group by district_id, grade_span, metric_id, variant, basis, school_year
)

-- Between two rows of the table of quantiles the one before holds, which is the larger of the two.
select
    fitted.district_id,
    fitted.grade_span,
    fitted.metric_id,
    fitted.variant,
    fitted.basis,
    fitted.school_year,
    fitted.need_variant,
    fitted.n_units,
    fitted.n_pupils,
    cast(round(fitted.slope / 10, 10) as decimal(38, 10)) as slope_usd,
    cast(round(fitted.intercept, 10) as decimal(38, 10)) as intercept_usd,
    cast(round(
        t_quantile.t / 10
        * sqrt(fitted.squares_left / fitted.degrees_of_freedom / fitted.squares_of_need), 10
    ) as decimal(38, 10)) as slope_margin_usd,
    fitted.n_units_high,
    fitted.n_high,
    fitted.high_usd,
    fitted.n_units_low,
    fitted.n_low,
    fitted.low_usd
from fitted
asof left join {{ ref('t_quantile') }} as t_quantile
    on fitted.degrees_of_freedom >= t_quantile.degrees_of_freedom
