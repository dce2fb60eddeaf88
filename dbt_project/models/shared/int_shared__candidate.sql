with agreement as (
    select * from {{ source('collaborative', 'agreement') }}
),

coding as (
    select * from {{ source('collaborative', 'agreement_coding') }}
),

dimensions as (
    select * from {{ source('collaborative', 'agreement_dimensions') }}
),

shared_entities as (
    select * from {{ source('collaborative', 'agreement_shared') }}
),

metrics as (
    select * from {{ ref('dim_metric') }}
),

-- What is computed from figures that are not shared (quartiles, slopes, spreads) is not shared either.
figures as (
    select
        computed.*,
        metrics.family,
        metrics.unit,
        case
            when metrics.disclosure = 'none' then 'open'
            when metrics.unit in ('pupils', 'fte', 'tests') then 'count'
            when metrics.unit = '%' and coalesce(computed.denominator = computed.n, true) then 'rate'
            else 'amount'
        end as kind,
        coalesce(dimensions.dimension, computed.subgroup) as dimension,
        greatest(agreement.minimum_n, coalesce(metrics.minimum_n, 0)) as minimum_n,
        agreement.minimum_numerator,
        agreement.minimum_complement
    from {{ ref('mart_metric_value') }} as computed
    inner join metrics on computed.metric_id = metrics.metric_id
    inner join shared_entities
        on
            computed.entity_type = shared_entities.entity_type
            and (shared_entities.shows_groups or computed.subgroup = 'all')
    cross join agreement
    left join dimensions on computed.subgroup = dimensions.subgroup
    where computed.basis = 'computed' and metrics.aggregation not in ('distribution', 'model')
),

coded as (
    select
        figures.*,
        coding.share,
        figures.kind = 'rate'
        and coalesce(figures.numerator <= coding.share * figures.denominator, false) as is_at_most,
        figures.kind = 'rate'
        and coalesce(figures.denominator - figures.numerator <= coding.share * figures.denominator, false)
            as is_at_least
    from figures
    left join coding
        on figures.n >= coding.from_n and (figures.n < coding.to_n or coding.to_n is null)
),

judged as (
    select
        *,
        case
            when kind = 'open' then false
            when value_status in ('too_few', 'denominator_zero', 'none') then true
            when value is null then false
            when kind = 'count' then value < minimum_n
            when coalesce(n < minimum_n, true) then true
            when kind <> 'rate' or is_at_most or is_at_least then false
            else numerator < minimum_numerator or denominator - numerator < minimum_complement
        end as is_primary
    from coded
)

select
    district_id,
    entity_type,
    entity_id,
    school_id,
    school_year,
    fiscal_year,
    period,
    subgroup,
    breakdown,
    metric_id,
    variant,
    basis,
    vintage,
    method_version,
    data_through,
    freshness,
    ppe_family,
    denominator_basis,
    family,
    unit,
    kind,
    dimension,
    numerator,
    denominator,
    n,
    is_primary,
    not is_primary and is_at_most as is_at_most,
    not is_primary and is_at_least as is_at_least,
    cast(
        case when is_at_least and not is_primary then denominator - floor(share * denominator) else 0 end
        as decimal(38, 6)
    ) as least_numerator,
    cast(
        case when is_at_most and not is_primary then floor(share * denominator) else denominator end
        as decimal(38, 6)
    ) as most_numerator,
    cast(case when kind = 'count' then value else numerator end as decimal(38, 6)) as quantity,
    -- Each branch is cast for itself: a case of wide decimals takes the smallest scale.
    case
        when is_primary or is_at_most or is_at_least then null
        when kind = 'open' then value
        when unit = '%' then cast(round(value, 2) as decimal(38, 10))
        when kind = 'count' or unit like 'usd%' then cast(round(value, 0) as decimal(38, 10))
        else cast(round(value, 1) as decimal(38, 10))
    end as shown_value,
    cast(case when is_primary then null when is_at_most then 0 when is_at_least then 1 - share end as decimal(38, 10))
        as shown_low,
    cast(case when is_primary then null when is_at_most then share when is_at_least then 1 end as decimal(38, 10))
        as shown_high,
    case
        when is_primary then 'hidden'
        when is_at_most then 'at_most'
        when is_at_least then 'at_least'
        else value_status
    end as shown_status
from judged
