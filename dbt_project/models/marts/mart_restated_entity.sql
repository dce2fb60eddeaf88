with restated as (
    select * from {{ ref('mart_restatement') }}
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    extract,
    vintage,
    earlier_vintage,
    max(case when is_current then 1 else 0 end) = 1 as is_current,
    cast(count(*) as integer) as n_figures,
    cast(sum(case when value is distinct from earlier_value then 1 else 0 end) as integer) as n_values,
    cast(sum(case when numerator is distinct from earlier_numerator then 1 else 0 end) as integer) as n_numerators,
    cast(sum(case when denominator is distinct from earlier_denominator then 1 else 0 end) as integer)
        as n_denominators,
    string_agg(distinct metric_id, ', ' order by metric_id asc) as metric_ids
from restated
group by district_id, entity_type, entity_id, school_year, extract, vintage, earlier_vintage
