with spending as (
    select * from {{ ref('mart_per_pupil_spending') }}
    where variant = 'state_functional' and period = 'year' and subgroup = 'all'
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    fiscal_year,
    basis,
    {{ pivot_metric('PPE.D02', 'in_district_ppe_usd', 'decimal(38, 10)') }},
    {{ pivot_metric('PPE.D03', 'total_ppe_usd', 'decimal(38, 10)') }},
    {% for function in reported_functions() %}
    {{ pivot_metric('PPE.D04', function ~ '_ppe_usd', 'decimal(38, 10)', 'function=' ~ function) }},
    {% endfor %}
    {{ pivot_metric('PPE.D08', 'out_of_district_usd', 'decimal(18, 2)') }},
    {{ pivot_metric('PPE.D09', 'out_of_district_share_rate', 'decimal(38, 10)') }},
    {{ pivot_metric('PPE.N01', 'in_district_fte', 'decimal(38, 6)') }},
    {{ pivot_metric('PPE.N02', 'out_of_district_fte', 'decimal(38, 6)') }},
    {{ pivot_metric('PPE.N03', 'total_fte', 'decimal(38, 6)') }},
    min(data_through) as data_through,
    freshness
from spending
group by district_id, entity_type, entity_id, school_year, fiscal_year, basis, freshness
