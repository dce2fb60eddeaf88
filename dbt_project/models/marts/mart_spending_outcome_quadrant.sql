-- Spending and outcome are each held against a line on need alone, within one comparison and with pupils as weights;
-- what is left over is measured in its own standard deviation. Floats are added up in the order of the units, so that
-- the result is the same each time, and leave a rest where they should be zero: whether need varies is asked of the
-- shares themselves, and less than a billionth of the largest figure is nothing left over. A label is a signal for
-- inquiry and nothing more.
with limits as (
    select
        max(case when threshold = 'equity_minimum_units' then value end) as least_units,
        max(case when threshold = 'quadrant_minimum_pupils' then value end) as least_pupils,
        max(case when threshold = 'quadrant_minimum_z' then value end) as least_z
    from {{ source('collaborative', 'thresholds') }}
),

evidences as (
    select evidence from {{ ref('dim_metric') }} where metric_id = 'EQ.10'
),

outcomes as (
    select found.*, metrics.direction
    from {{ ref('fct_metric_value') }} as found
    inner join {{ source('collaborative', 'quadrant_outcomes') }} as wanted
        on found.metric_id = wanted.metric_id and found.breakdown = wanted.breakdown
    inner join {{ ref('dim_metric') }} as metrics on found.metric_id = metrics.metric_id
    where
        found.period = 'year' and found.subgroup = 'all' and found.value is not null
        and metrics.direction in ('H', 'L')
),

joined as (
    select
        units.*,
        limits.*,
        evidences.evidence,
        outcomes.metric_id as outcome_metric_id,
        outcomes.breakdown as outcome_breakdown,
        outcomes.variant as outcome_variant,
        outcomes.basis as outcome_basis,
        outcomes.fiscal_year,
        outcomes.value as outcome,
        case outcomes.direction when 'L' then -1 else 1 end as better,
        concat_ws(
            '|', units.district_id, units.unit_type, units.grade_span, units.metric_id, units.variant, units.basis,
            units.school_year, outcomes.metric_id, outcomes.breakdown, outcomes.variant, outcomes.basis
        ) as comparison,
        cast(units.n as double) as weight,
        cast(units.spent_usd as double) / cast(units.n as double) as spending,
        cast(units.need_share as double) as need
    from {{ ref('int_equity__unit') }} as units
    inner join outcomes
        on
            units.unit_district_id = outcomes.district_id
            and units.unit_id = outcomes.entity_id
            and units.school_year = outcomes.school_year
    cross join limits
    cross join evidences
    where
        units.ppe_usd is not null and units.need_share is not null
        and (units.grade_span <> 'all' or units.unit_type = 'district')
),

centred as (
    select
        *,
        count(*) over whole as n_units,
        {% for column in ['need', 'spending', 'outcome'] %}
        {{ column }} - fsum(weight * {{ column }} order by unit_id asc) over whole
        / fsum(weight order by unit_id asc) over whole as {{ column }}_off,
        {% endfor %}
        fsum(weight order by unit_id asc) over whole as weights
    from joined
    window whole as (partition by comparison)
),

left_over as (
    select
        {% for column in ['spending', 'outcome'] %}
        case
            when min(need_share) over whole < max(need_share) over whole
                then
                    {{ column }}_off
                    - need_off * fsum(weight * need_off * {{ column }}_off order by unit_id asc) over whole
                    / fsum(weight * need_off * need_off order by unit_id asc) over whole
        end as {{ column }}_left,
        {% endfor %}
        centred.*
    from centred
    window whole as (partition by comparison)
),

measured as (
    select
        {% for column in ['spending', 'outcome'] %}
        sqrt(fsum(weight * {{ column }}_left * {{ column }}_left order by unit_id asc) over whole / weights)
            as {{ column }}_sd,
        max(abs({{ column }})) over whole as {{ column }}_most,
        {% endfor %}
        left_over.*
    from left_over
    window whole as (partition by comparison)
),

judged as (
    select
        *,
        {% for column in ['spending', 'outcome'] %}
        round({{ column }}_left / nullif({{ column }}_sd, 0), 10) as {{ column }}_z,
        {% endfor %}
        case
            when n_units < least_units or n < least_pupils then 'too_few'
            when spending_sd > 1e-9 * spending_most and outcome_sd > 1e-9 * outcome_most then 'computed'
            else 'denominator_zero'
        end as value_status
    from measured
)

select
    unit_district_id as district_id,
    unit_type,
    unit_id,
    school_year,
    fiscal_year,
    case when district_id = '_all' then 'collaborative' else 'district' end as compared_in,
    grade_span,
    metric_id as spending_metric_id,
    variant as spending_variant,
    basis as spending_basis,
    outcome_metric_id,
    outcome_breakdown,
    outcome_variant,
    outcome_basis,
    cast(n_units as integer) as n_units,
    n as n_pupils,
    need_share,
    case when value_status = 'computed' then ppe_usd end as ppe_usd,
    case when value_status = 'computed' then outcome end as outcome,
    cast(case when value_status = 'computed' then round(spending_left, 10) end as decimal(38, 10)) as spending_left_usd,
    cast(case when value_status = 'computed' then round(outcome_left, 10) end as decimal(38, 10)) as outcome_left,
    cast(case when value_status = 'computed' then spending_z end as decimal(38, 10)) as spending_z,
    cast(case when value_status = 'computed' then outcome_z end as decimal(38, 10)) as outcome_z,
    case
        when value_status <> 'computed' then null
        when abs(spending_z) >= least_z and abs(outcome_z) >= least_z
            then
                case when spending_z < 0 then 'spends less' else 'spends more' end
                || case when outcome_z * better > 0 then ', better outcome' else ', worse outcome' end
        else 'not labelled'
    end as quadrant,
    'a signal for inquiry' as reading,
    evidence,
    value_status
from judged
