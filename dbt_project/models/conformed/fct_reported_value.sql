with measures as (
    select * from {{ ref('stg_state__reported_measures') }}
    where {{ in_build_scope('stg_state__reported_measures') }}
),

selection as (
    select * from {{ source('build', 'selection') }} where contract = 'state_reported_measures'
),

-- A left join: a record that no selected delivery explains fails the test on extract instead of vanishing.
delivered as (
    select
        measures.*,
        selection.extract,
        selection.domain,
        selection.vintage,
        selection.data_through,
        selection.is_current as is_current_delivery
    from measures
    left join selection
        on
            measures.district_id = selection.district_id
            and measures.school_year = selection.school_year
            and measures.delivery_id = selection.delivery_id
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
    extract,
    domain,
    vintage,
    is_current_delivery and row_number() over (
        partition by
            district_id, entity_type, entity_id, school_year, period, subgroup, breakdown, metric_id, variant,
            is_current_delivery
        order by
            case when value_status = 'not_reported' then 1 else 0 end asc,
            data_through desc nulls last,
            vintage desc,
            extract asc
    ) = 1 as is_current,
    value,
    numerator,
    denominator,
    n,
    value_status,
    data_through,
    delivery_id,
    source_line
from delivered
