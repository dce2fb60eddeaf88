-- Parts of existing metrics that a ratio names as metric/variant/part: what is not named is not read. The quotients
-- themselves cannot be parts: they are worked out from these.
{% set measures = measure_models() | reject('equalto', 'measure_operations') | list %}
with named as (
    select numerator as input_id from {{ ref('metric_ratio') }}
    union all
    select denominator as input_id from {{ ref('metric_ratio') }}
),

parts as (
    select
        input_id,
        split_part(input_id, '/', 1) as metric_id,
        split_part(input_id, '/', 2) as variant,
        split_part(input_id, '/', 3) as part
    from named
    where contains(input_id, '/')
    group by input_id
),

measures as (
    {% for measure in measures %}
    select
        district_id, entity_type, entity_id, school_year, period, subgroup, breakdown, metric_id, variant, value,
        numerator, denominator, n, basis, domain
    from {{ ref(measure) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    measures.district_id,
    measures.entity_type,
    measures.entity_id,
    measures.school_year,
    measures.period,
    measures.breakdown,
    parts.input_id,
    cast(
        case parts.part
            when 'value' then measures.value
            when 'numerator' then measures.numerator
            when 'denominator' then measures.denominator
        end as decimal(38, 6)
    ) as amount,
    measures.n,
    measures.basis,
    measures.domain
from measures
inner join parts on measures.metric_id = parts.metric_id and measures.variant = parts.variant
where measures.period = 'year' and measures.subgroup = 'all' and measures.basis in ('computed', 'reported')
