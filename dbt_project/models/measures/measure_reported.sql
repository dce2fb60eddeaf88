-- What a report leaves out is nowhere; what it counts of nobody is a figure without a value.
with reported as (
    select *
    from {{ ref('fct_reported_value') }}
    where
        is_current
        and (value_status <> 'not_reported' or (denominator = 0 and numerator is not null))
        and {{ in_build_scope('fct_reported_value') }}
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    period,
    subgroup,
    breakdown,
    metric_id,
    variant,
    value,
    cast(null as decimal(38, 10)) as value_low,
    cast(null as decimal(38, 10)) as value_high,
    cast(null as decimal(9, 6)) as level,
    numerator,
    denominator,
    n,
    'reported' as basis,
    vintage,
    case when value_status = 'not_reported' then 'denominator_zero' else value_status end as value_status,
    domain,
    data_through
from reported
