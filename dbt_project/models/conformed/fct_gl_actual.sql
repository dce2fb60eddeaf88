-- Where a line's dollars go is decided here, once: `placement` is read by everything that adds them up.
with lines as (
    select * from {{ ref('stg_district__gl_actuals') }}
),

chart as (
    select * from {{ ref('stg_district__chart_of_accounts') }}
),

exclusions as (
    select ppe_treatment, shown_as from {{ source('collaborative', 'ppe_exclusions') }}
),

schools as (
    select district_id, school_id from {{ ref('dim_school') }}
)

select
    lines.district_id,
    lines.school_year,
    lines.fiscal_year,
    lines.period,
    lines.account_id,
    lines.txn_id,
    coalesce(lines.school_id, chart.school_id) as school_id,
    lines.amount_usd,
    case
        when chart.account_type in ('revenue', 'balance') then 'not_spending'
        when coalesce(chart.mapped_by, 'unmapped') = 'unmapped' then 'unmapped'
        when exclusions.shown_as is not null then exclusions.shown_as
        when chart.ppe_treatment <> 'include' then 'unmapped'
        when coalesce(lines.school_id, chart.school_id) is null then 'central'
        when schools.school_id is null then 'unknown_school'
        else 'site'
    end as placement,
    chart.account_type,
    chart.mapped_by,
    chart.fund,
    chart.fund_type,
    chart.state_function,
    chart.nces_function,
    chart.nces_object,
    chart.source,
    chart.ppe_treatment,
    chart.allocation_pool,
    lines.delivery_id,
    lines.source_line
from lines
left join chart
    on
        lines.district_id = chart.district_id
        and lines.school_year = chart.school_year
        and lines.account_id = chart.account_id
left join exclusions on chart.ppe_treatment = exclusions.ppe_treatment
left join schools
    on
        lines.district_id = schools.district_id
        and coalesce(lines.school_id, chart.school_id) = schools.school_id
