with schools as (
    select district_id, school_year, sum(numerator) as included_usd
    from {{ ref('measure_school_spending') }}
    where metric_id in ('PPE.S01', 'PPE.S02', 'PPE.S03', 'PPE.S04')
    group by district_id, school_year
),

left_out as (
    select
        district_id,
        school_year,
        sum(case when placement = 'excluded' then amount_usd end) as excluded_usd,
        sum(case when placement = 'out_of_district' then amount_usd end) as out_of_district_usd,
        sum(case when placement in ('unmapped', 'unknown_school') then amount_usd end) as unplaced_usd
    from {{ ref('int_spending__account') }}
    group by district_id, school_year
),

withheld as (
    select district_id, school_year, sum(pool_usd) as withheld_usd
    from {{ ref('int_spending__central_pool') }}
    where not is_allocated
    group by district_id, school_year
),

parts as (
    select
        ledger.district_id,
        ledger.school_year,
        ledger.ledger_usd,
        coalesce(schools.included_usd, 0) as included_usd,
        coalesce(left_out.excluded_usd, 0) as excluded_usd,
        coalesce(left_out.out_of_district_usd, 0) as out_of_district_usd,
        coalesce(left_out.unplaced_usd, 0) + coalesce(withheld.withheld_usd, 0) as unallocated_usd
    from {{ ref('int_spending__ledger') }} as ledger
    left join schools on ledger.district_id = schools.district_id and ledger.school_year = schools.school_year
    left join left_out on ledger.district_id = left_out.district_id and ledger.school_year = left_out.school_year
    left join withheld on ledger.district_id = withheld.district_id and ledger.school_year = withheld.school_year
)

select
    parts.district_id,
    periods.fiscal_year,
    parts.ledger_usd,
    cast(parts.included_usd as decimal(18, 2)) as included_usd,
    cast(parts.excluded_usd as decimal(18, 2)) as excluded_usd,
    cast(parts.out_of_district_usd as decimal(18, 2)) as out_of_district_usd,
    cast(parts.unallocated_usd as decimal(18, 2)) as unallocated_usd,
    cast(
        parts.ledger_usd - parts.included_usd - parts.excluded_usd - parts.out_of_district_usd - parts.unallocated_usd
        as decimal(18, 2)
    ) as difference_usd
from parts
left join {{ ref('dim_period') }} as periods on parts.school_year = periods.school_year and periods.period = 'year'
