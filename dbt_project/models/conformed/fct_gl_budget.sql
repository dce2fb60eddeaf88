-- The last amendment made by the end of the year counts, account by account; without one, the budget as adopted.
with budgets as (
    select * from {{ ref('stg_district__gl_budget') }}
),

chart as (
    select * from {{ ref('stg_district__chart_of_accounts') }}
),

years as (
    select school_year, ends_on from {{ ref('dim_period') }} where period = 'year'
),

ranked as (
    select
        budgets.*,
        budgets.version = 'adopted' or budgets.version_date <= years.ends_on as is_in_time,
        row_number() over (
            partition by budgets.district_id, budgets.school_year, budgets.account_id
            order by
                budgets.version = 'adopted' or budgets.version_date <= years.ends_on desc nulls last,
                budgets.version = 'amended' desc,
                budgets.version_date desc
        ) as preference
    from budgets
    left join years on budgets.school_year = years.school_year
)

select
    ranked.district_id,
    ranked.school_year,
    ranked.fiscal_year,
    ranked.account_id,
    ranked.version,
    ranked.version_date,
    ranked.amount_usd,
    coalesce(ranked.is_in_time and ranked.preference = 1, false) as is_final,
    chart.account_type,
    chart.fund_type,
    chart.state_function,
    ranked.delivery_id,
    ranked.source_line
from ranked
left join chart
    on
        ranked.district_id = chart.district_id
        and ranked.school_year = chart.school_year
        and ranked.account_id = chart.account_id
