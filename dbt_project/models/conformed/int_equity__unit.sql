-- Who is compared with whom: schools with schools of their district and grade span, and with all of the collaborative
-- of that span; all schools of a district with each other; districts with districts. One family of spending and one
-- basis at a time, so that they never meet. Need is the low-income share on one definition: membership beside
-- membership, else what states print, by the variant that knows most units of the year.
with spending as (
    select * from {{ ref('measure_school_spending') }} where metric_id = 'PPE.S05'
    union all
    select * from {{ ref('measure_district_spending') }} where metric_id = 'PPE.D01'
    union all
    select * from {{ ref('measure_state_spending_per_pupil') }} where metric_id = 'PPE.D02'
    union all
    select * from {{ ref('measure_reported') }}
    where
        metric_id in ('PPE.S05r', 'PPE.D02') and period = 'year' and subgroup = 'all' and breakdown = 'all'
),

printed_needs as (
    select
        *,
        count(value) over (partition by entity_type, school_year, variant) as n_known
    from {{ ref('measure_reported') }}
    where
        metric_id = 'SS.D01' and subgroup = 'low_income' and period = 'year' and breakdown = 'all'
        and entity_type in ('school', 'district')
),

needs as (
    select district_id, entity_id, school_year, 'membership' as need_basis, variant, value
    from {{ ref('measure_population_shares') }}
    where subgroup = 'low_income'
    union all
    select district_id, entity_id, school_year, 'printed' as need_basis, variant, value
    from printed_needs
    qualify dense_rank() over (partition by entity_type, school_year order by n_known desc, variant asc) = 1
),

known as (
    select
        spending.*,
        spending.value is not null and spending.denominator > 0 as is_known,
        coalesce(schools.school_type, 'all') as span,
        spending.entity_type = 'district' or schools.school_id is not null as is_compared,
        needs.variant as need_variant,
        needs.value as need_share
    from spending
    left join {{ ref('dim_school') }} as schools
        on spending.district_id = schools.district_id and spending.entity_id = schools.school_id
    left join needs
        on
            spending.district_id = needs.district_id
            and spending.entity_id = needs.entity_id
            and spending.school_year = needs.school_year
            and case when spending.variant = 'essa' then 'membership' else 'printed' end = needs.need_basis
),

compared as (
    select *, district_id as compared_in, span as grade_span from known where entity_type = 'school'
    union all
    select *, district_id as compared_in, 'all' as grade_span from known where entity_type = 'school'
    union all
    select *, '_all' as compared_in, span as grade_span from known
)

select
    compared_in as district_id,
    entity_type as unit_type,
    grade_span,
    metric_id,
    variant,
    basis,
    school_year,
    district_id as unit_district_id,
    entity_id as unit_id,
    case when is_known then value end as ppe_usd,
    case when is_known then denominator end as n,
    case when is_known then coalesce(numerator, cast(value * denominator as decimal(38, 6))) end as spent_usd,
    need_variant,
    need_share
from compared
where is_compared
