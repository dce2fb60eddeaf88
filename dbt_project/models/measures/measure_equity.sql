-- Below the least number of units an index says nothing of fairness, so it is not shown. Any member's new data change
-- what is compared over the collaborative, so all is made anew each time.
with limits as (
    select
        max(case when threshold = 'equity_minimum_units' then value end) as least_units,
        max(case when threshold = 'need_slope_interval_minimum_schools' then value end) as least_for_interval,
        max(case when threshold = 'need_quarter_minimum_schools' then value end) as least_a_side
    from {{ source('collaborative', 'thresholds') }}
),

comparisons as (
    select comparisons.*, limits.least_units
    from {{ ref('int_equity__comparison') }} as comparisons
    cross join limits
),

needs as (
    select needs.*, limits.least_units, limits.least_for_interval, limits.least_a_side
    from {{ ref('int_equity__need') }} as needs
    cross join limits
),

-- Sums by which an index is divided are coalesced: nobody below the median is none, not unknown.
figures as (
    {% for metric_id, numerator, denominator in [
        ('EQ.01', 'sd_usd * n_pupils', 'spent_usd'),
        ('EQ.02', 'coalesce(below_usd, 0)', 'median_usd * coalesce(n_below, 0)'),
        ('EQ.03', 'coalesce(above_usd, 0)', 'median_usd * coalesce(n_above, 0)'),
        ('EQ.04', 'differences_usd', 'spent_usd * n_pupils'),
        ('EQ.05', '(p95_usd - p5_usd) * n_pupils', 'p5_usd * n_pupils'),
    ] %}
    select
        district_id,
        unit_type,
        grade_span,
        variant,
        basis,
        school_year,
        '{{ metric_id }}' as metric_id,
        {{ rate('(' ~ numerator ~ ')', '(' ~ denominator ~ ')') }} as value,
        cast(null as decimal(38, 10)) as margin,
        n_pupils as n,
        case
            when n_units >= least_units then {{ value_status('n_pupils', '(' ~ denominator ~ ')') }}
            else 'too_few'
        end as value_status
    from comparisons
    where grade_span <> 'all' or unit_type = 'district'
    union all
    {% endfor %}
    {% for metric_id, numerator, denominator in [
        ('EQ.06', 'poor_usd * n_other', 'other_usd * n_poor'),
        ('EQ.07', 'poor_usd * n_other - other_usd * n_poor', 'n_poor * n_other'),
    ] %}
    select
        district_id,
        unit_type,
        grade_span,
        variant,
        basis,
        school_year,
        '{{ metric_id }}' as metric_id,
        {{ rate('(' ~ numerator ~ ')', '(' ~ denominator ~ ')') }} as value,
        cast(null as decimal(38, 10)) as margin,
        n_poor + n_other as n,
        case
            when n_units_with_need >= least_units then {{ value_status('n_poor', '(' ~ denominator ~ ')') }}
            when n_units >= least_units then 'numerator_missing'
            else 'too_few'
        end as value_status
    from comparisons
    where district_id <> '_all'
    union all
    {% endfor %}
    select
        district_id,
        'school' as unit_type,
        grade_span,
        variant,
        basis,
        school_year,
        'EQ.08' as metric_id,
        slope_usd as value,
        case when n_units >= least_for_interval then slope_margin_usd end as margin,
        n_pupils as n,
        case
            when n_units >= least_units and slope_usd is null then 'denominator_zero'
            when n_units >= least_units then 'computed'
            else 'too_few'
        end as value_status
    from needs
    union all
    select
        district_id,
        'school' as unit_type,
        grade_span,
        variant,
        basis,
        school_year,
        'EQ.09' as metric_id,
        {{ rate('(high_usd * n_low)', '(low_usd * n_high)') }} as value,
        cast(null as decimal(38, 10)) as margin,
        n_high + n_low as n,
        case
            when least(n_units_high, n_units_low) >= least_a_side then {{ value_status('high_usd', 'low_usd') }}
            else 'too_few'
        end as value_status
    from needs
)

select
    figures.district_id,
    case when figures.district_id = '_all' then 'collaborative' else 'district' end as entity_type,
    case when figures.district_id = '_all' then collaborative.collaborative_id else figures.district_id end
        as entity_id,
    figures.school_year,
    'year' as period,
    'all' as subgroup,
    {{ equity_breakdown() }} as breakdown,
    figures.metric_id,
    figures.variant,
    cast(case when figures.value_status = 'computed' then figures.value end as decimal(38, 10)) as value,
    cast(case when figures.value_status = 'computed' then figures.value - figures.margin end as decimal(38, 10))
        as value_low,
    cast(case when figures.value_status = 'computed' then figures.value + figures.margin end as decimal(38, 10))
        as value_high,
    cast(case when figures.value_status = 'computed' and figures.margin is not null then 0.95 end as decimal(9, 6))
        as level,
    cast(null as decimal(38, 6)) as numerator,
    cast(null as decimal(38, 6)) as denominator,
    cast(figures.n as decimal(38, 6)) as n,
    {{ equity_basis() }} as basis,
    cast(null as varchar) as vintage,
    figures.value_status,
    'finance' as domain,
    cast(null as date) as data_through
from figures
cross join {{ source('collaborative', 'collaborative') }} as collaborative
