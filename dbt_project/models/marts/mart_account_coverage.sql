with accounts as (
    select
        district_id,
        school_year,
        coalesce(fund, 'not_in_chart') as fund,
        case when placement = 'unmapped' then 'unmapped' else mapped_by end as mapped_by,
        case
            when placement = 'unknown_school' then 'unknown_school'
            when placement <> 'unmapped' then ppe_treatment
            when mapped_by is null then 'not_in_chart'
            when mapped_by = 'unmapped' then 'incomplete'
            else 'unknown_treatment'
        end as treatment,
        account_id,
        amount_usd,
        gross_usd
    from {{ ref('int_spending__account') }}
),

sums as (
    select
        district_id,
        school_year,
        fund,
        mapped_by,
        treatment,
        cast(count(distinct account_id) as integer) as n_accounts,
        cast(sum(amount_usd) as decimal(18, 2)) as amount_usd,
        cast(sum(gross_usd) as decimal(18, 2)) as gross_usd
    from accounts
    group by district_id, school_year, fund, mapped_by, treatment
),

exclusions as (
    select ppe_treatment, label from {{ source('collaborative', 'ppe_exclusions') }}
)

select
    sums.district_id,
    periods.fiscal_year,
    sums.fund,
    sums.mapped_by,
    sums.treatment,
    case sums.treatment
        when 'include' then 'Counted in spending per pupil'
        when 'unknown_school' then 'Schools that are not on the district''s roster'
        when 'not_in_chart' then 'Accounts that the chart lacks'
        when 'incomplete' then 'Accounts of which neither the chart nor the crosswalk says enough'
        when 'unknown_treatment' then 'Accounts with a treatment that is not configured'
        else exclusions.label
    end as label,
    sums.n_accounts,
    sums.amount_usd,
    sums.gross_usd
from sums
left join {{ ref('dim_period') }} as periods on sums.school_year = periods.school_year and periods.period = 'year'
left join exclusions on sums.treatment = exclusions.ppe_treatment
