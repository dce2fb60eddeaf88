-- The same dollars over other counts of pupils. The count stands in the variant, so that no comparison of one variant
-- can mix two.
with spending as (
    select district_id, entity_type, entity_id, school_year, metric_id, numerator
    from {{ ref('measure_school_spending') }}
    where metric_id = 'PPE.S05' and {{ in_build_scope('measure_school_spending') }}
    union all
    select district_id, entity_type, entity_id, school_year, metric_id, numerator
    from {{ ref('measure_district_spending') }}
    where metric_id in ('PPE.D01', 'PPE.D06', 'OP.FM05') and {{ in_build_scope('measure_district_spending') }}
),

counts as (
    select
        district_id, school_id as entity_id, school_year, 'essa_october_count' as variant,
        cast(n_pupils as decimal(38, 6)) as pupils
    from {{ ref('int_spending__autumn_count') }}
    where {{ in_build_scope('int_spending__autumn_count') }}
    union all
    select
        district_id, district_id as entity_id, school_year, 'essa_october_count' as variant,
        cast(sum(n_pupils) as decimal(38, 6)) as pupils
    from {{ ref('int_spending__autumn_count') }}
    where {{ in_build_scope('int_spending__autumn_count') }}
    group by district_id, school_year
    union all
    select district_id, entity_id, school_year, 'essa_state_fte' as variant, cast(value as decimal(38, 6)) as pupils
    from {{ ref('fct_reported_value') }}
    where
        metric_id = 'PPE.N01' and variant = 'state_functional' and entity_type = 'district'
        and is_current and value is not null
        and period = 'year' and subgroup = 'all' and breakdown = 'all' and {{ in_build_scope('fct_reported_value') }}
)

select
    spending.district_id,
    spending.entity_type,
    spending.entity_id,
    spending.school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    spending.metric_id,
    counts.variant,
    {{ ratio_columns('spending.numerator', 'counts.pupils', 'counts.pupils') }}
from spending
inner join counts
    on
        spending.district_id = counts.district_id
        and spending.school_year = counts.school_year
        and spending.entity_id = counts.entity_id
