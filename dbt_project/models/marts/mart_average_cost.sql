select
    costs.district_id,
    periods.fiscal_year,
    costs.ledger,
    costs.subject,
    costs.role,
    costs.n_units,
    costs.n_alike,
    costs.common_rate,
    costs.is_average
from {{ ref('int_spending__average_cost') }} as costs
left join {{ ref('dim_period') }} as periods on costs.school_year = periods.school_year and periods.period = 'year'
