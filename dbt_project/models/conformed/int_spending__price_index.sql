-- A fiscal year's prices are the mean of its twelve months, July to June. Of two means of twelve, the sums do as well.
with months as (
    select extract(year from month) + case when extract(month from month) >= 7 then 1 else 0 end as fiscal_year, value
    from {{ source('collaborative', 'cpi_u') }}
),

years as (
    select cast(fiscal_year as integer) as fiscal_year, cast(sum(value) as decimal(18, 6)) as sum_of_months
    from months
    group by fiscal_year
    having count(*) = 12
),

base as (
    select years.fiscal_year, years.sum_of_months
    from years
    inner join {{ source('collaborative', 'thresholds') }} as thresholds
        on thresholds.threshold = 'real_dollars_fiscal_year' and years.fiscal_year = thresholds.value
)

select
    periods.school_year,
    base.fiscal_year as base_fiscal_year,
    years.sum_of_months,
    base.sum_of_months as base_sum_of_months
from {{ ref('dim_period') }} as periods
cross join base
left join years on periods.fiscal_year = years.fiscal_year
where periods.period = 'year'
