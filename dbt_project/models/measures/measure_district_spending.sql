with dollars as (
    select
        district_id,
        school_year,
        cast(sum(amount_usd) as decimal(38, 6)) as included_usd,
        cast(sum(case when placement = 'site' then amount_usd else 0 end) as decimal(38, 6)) as site_usd,
        cast(sum(case when is_benefit then amount_usd else 0 end) as decimal(38, 6)) as benefit_usd,
        cast(sum(case when is_operation_of_plant then amount_usd else 0 end) as decimal(38, 6)) as operation_usd,
        cast(sum(case when is_central_office then amount_usd else 0 end) as decimal(38, 6)) as office_usd
    from {{ ref('int_spending__account') }}
    where placement in ('site', 'central') and {{ in_build_scope('int_spending__account') }}
    group by district_id, school_year
),

-- A school whose pupils nobody counted, or that has dollars and no pupils, leaves the district's pupils unknown.
pupils as (
    select
        district_id,
        school_year,
        cast(case when count(*) = count(adm) then sum(adm) end as decimal(38, 6)) as adm
    from {{ ref('int_spending__school') }}
    where {{ in_build_scope('int_spending__school') }}
    group by district_id, school_year
),

totals as (
    select dollars.*, pupils.adm
    from dollars
    left join pupils on dollars.district_id = pupils.district_id and dollars.school_year = pupils.school_year
),

figures as (
    select *, 'PPE.S08' as metric_id, site_usd as numerator, included_usd as denominator from totals
    union all
    select *, 'PPE.D01' as metric_id, included_usd as numerator, adm as denominator from totals
    union all
    select *, 'PPE.D06' as metric_id, benefit_usd as numerator, adm as denominator from totals
    union all
    select *, 'PPE.D07' as metric_id, benefit_usd as numerator, included_usd as denominator from totals
    union all
    select *, 'PPE.D14' as metric_id, office_usd as numerator, included_usd as denominator from totals
    union all
    select *, 'OP.FM05' as metric_id, operation_usd as numerator, adm as denominator from totals
)

select
    district_id,
    'district' as entity_type,
    district_id as entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    metric_id,
    'essa' as variant,
    {{ ratio_columns('numerator', 'denominator', 'adm') }}
from figures
