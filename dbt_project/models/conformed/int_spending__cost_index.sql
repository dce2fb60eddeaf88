-- The index of the fiscal year, or else of the last year before it; none is taken from a later year.
with years as (
    select costs.district_id, periods.school_year, periods.fiscal_year, max(costs.index_year) as index_year
    from {{ ref('dim_period') }} as periods
    inner join {{ source('collaborative', 'cwift') }} as costs on periods.fiscal_year >= costs.index_year
    where periods.period = 'year'
    group by costs.district_id, periods.school_year, periods.fiscal_year
)

select
    years.district_id,
    years.school_year,
    costs.value as cost_index,
    years.index_year,
    years.index_year <> years.fiscal_year as is_of_another_year
from years
inner join {{ source('collaborative', 'cwift') }} as costs
    on years.district_id = costs.district_id and years.index_year = costs.index_year
