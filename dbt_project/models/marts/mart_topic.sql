-- One model for every topic: its metrics and what is shown beside them, whole and in the slices that the topic names.
with named as (
    select * from {{ source('collaborative', 'topic_metrics') }}
),

slices as (
    select topic, dimension from {{ source('collaborative', 'topic_breakdowns') }}
),

facts as (
    select *, split_part(breakdown, '=', 1) as dimension from {{ ref('mart_metric_value') }}
)

select
    facts.district_id,
    named.topic,
    named.role,
    named.place,
    facts.entity_type,
    facts.entity_id,
    facts.school_id,
    facts.school_year,
    facts.fiscal_year,
    facts.period,
    facts.subgroup,
    facts.breakdown,
    facts.metric_id,
    facts.variant,
    facts.value,
    facts.value_low,
    facts.value_high,
    facts.level,
    facts.numerator,
    facts.denominator,
    facts.n,
    facts.basis,
    facts.vintage,
    facts.method_version,
    facts.data_through,
    facts.freshness,
    facts.value_status,
    facts.is_low_participation
from facts
inner join named on facts.metric_id = named.metric_id
left join slices on named.topic = slices.topic and facts.dimension = slices.dimension
where facts.breakdown = 'all' or slices.dimension is not null
