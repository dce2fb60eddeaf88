-- The tall fact, each row with the slice it is of: figures of two slices count the same people and dollars twice.
select
    district_id,
    entity_type,
    entity_id,
    school_id,
    school_year,
    make_date(school_year, 1, 1) as ends_in_year,
    period,
    subgroup,
    breakdown,
    metric_id,
    variant,
    basis,
    value,
    numerator,
    denominator,
    concat_ws(' ', entity_type, school_year, period, subgroup, breakdown, variant, basis) as slice
from {{ source('release', 'mart_metric_value') }}
