with items as (
    select * from {{ ref('mart_district_profile_long') }}
)

select
    items.district_id,
    max(items.district_name) as district_name,
    max(items.district_type) as district_type,
    items.school_year,
    {{ pivot_item('pupils', 'decimal(38, 6)') }},
    {{ pivot_item('schools', 'integer') }},
    max(case when items.item = 'lowest_grade' then items.text end) as lowest_grade,
    max(case when items.item = 'highest_grade' then items.text end) as highest_grade,
    {{ pivot_item('low_income_share', 'decimal(38, 10)') }},
    {{ pivot_item('english_learner_share', 'decimal(38, 10)') }},
    {{ pivot_item('disability_share', 'decimal(38, 10)') }},
    {{ pivot_item('teachers_fte', 'decimal(38, 6)') }},
    {{ pivot_item('pupils_per_teacher', 'decimal(38, 10)') }},
    {{ pivot_item('spending_usd', 'decimal(38, 2)') }},
    {{ pivot_item('spending_per_pupil_usd', 'decimal(38, 10)') }},
    max(case when items.item = 'spending_per_pupil_usd' then items.source_metric_id end) as spending_metric_id,
    max(case when items.item = 'spending_per_pupil_usd' then items.source_variant end) as spending_variant,
    max(case when items.item = 'spending_per_pupil_usd' then items.basis end) as spending_basis
from items
group by items.district_id, items.school_year
