-- "Do we spend more in our high-need schools than in our low-need ones?" The answer compares the quarter of most with
-- the quarter of least need; the slope and the exposure beside it may disagree with it, and are shown for that.
with indices as (
    select
        district_id,
        school_year,
        fiscal_year,
        breakdown,
        variant,
        spending_metric_id,
        {% for metric_id, column in [
            ('EQ.06', 'exposure_ratio'), ('EQ.07', 'exposure_usd'), ('EQ.08', 'slope_usd'), ('EQ.09', 'high_low_ratio'),
        ] %}
        max(case when metric_id = '{{ metric_id }}' then value end) as {{ column }},
        max(case when metric_id = '{{ metric_id }}' then value_status end) as {{ column }}_status,
        max(case when metric_id = '{{ metric_id }}' then evidence end) as {{ column }}_evidence,
        {% endfor %}
        max(case when metric_id = 'EQ.08' then value_low end) as slope_low_usd,
        max(case when metric_id = 'EQ.08' then value_high end) as slope_high_usd
    from {{ ref('mart_equity') }}
    where entity_type = 'district' and metric_id in ('EQ.06', 'EQ.07', 'EQ.08', 'EQ.09')
    group by district_id, school_year, fiscal_year, breakdown, variant, spending_metric_id
),

needs as (
    select
        *,
        {{ rate('high_usd', 'n_high') }} as high_ppe_usd,
        {{ rate('low_usd', 'n_low') }} as low_ppe_usd
    from {{ ref('int_equity__need') }}
)

select
    needs.district_id,
    needs.school_year,
    indices.fiscal_year,
    needs.grade_span,
    needs.metric_id as spending_metric_id,
    needs.variant as spending_variant,
    needs.basis as spending_basis,
    needs.need_variant,
    needs.n_units as n_schools,
    needs.n_units_high as n_schools_high,
    needs.n_units_low as n_schools_low,
    case when indices.high_low_ratio_status = 'computed' then needs.high_ppe_usd end as high_ppe_usd,
    case when indices.high_low_ratio_status = 'computed' then needs.low_ppe_usd end as low_ppe_usd,
    indices.high_low_ratio,
    case
        when indices.high_low_ratio_status <> 'computed' then 'too few schools to say'
        when needs.high_ppe_usd > needs.low_ppe_usd then 'more in high-need schools'
        when needs.high_ppe_usd < needs.low_ppe_usd then 'less in high-need schools'
        else 'the same'
    end as answer,
    indices.high_low_ratio_evidence as answer_evidence,
    indices.slope_usd,
    indices.slope_low_usd,
    indices.slope_high_usd,
    case
        when indices.slope_usd_status = 'computed'
            then {{ rate(
                '(needs.intercept_usd + 7.5 * needs.slope_usd)', '(needs.intercept_usd + 2.5 * needs.slope_usd)'
            ) }}
    end as predicted_ratio,
    indices.slope_usd_status as slope_status,
    indices.slope_usd_evidence as slope_evidence,
    indices.exposure_ratio,
    indices.exposure_usd,
    indices.exposure_ratio_status as exposure_status,
    indices.exposure_ratio_evidence as exposure_evidence
from needs
inner join indices
    on
        needs.district_id = indices.district_id
        and needs.school_year = indices.school_year
        and 'grade_span=' || needs.grade_span = indices.breakdown
        and needs.variant = indices.variant
        and needs.metric_id = indices.spending_metric_id
