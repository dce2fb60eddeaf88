with accounts as (
    select
        district_id,
        school_year,
        case when placement in ('excluded', 'out_of_district') then placement else 'unallocated' end as shown_as,
        case when placement in ('excluded', 'out_of_district') then ppe_treatment else placement end as reason,
        amount_usd
    from {{ ref('int_spending__account') }}
    where placement not in ('site', 'central')
    union all
    select
        district_id,
        school_year,
        'unallocated' as shown_as,
        case when unknown_driver = 'adm' then 'pupils_unknown' else 'driver_unknown:' || unknown_driver end as reason,
        pool_usd as amount_usd
    from {{ ref('int_spending__central_pool') }}
    where not is_allocated
),

sums as (
    select
        district_id,
        school_year,
        shown_as,
        reason,
        cast(sum(amount_usd) as decimal(18, 2)) as amount_usd
    from accounts
    group by district_id, school_year, shown_as, reason
),

exclusions as (
    select ppe_treatment, label from {{ source('collaborative', 'ppe_exclusions') }}
)

select
    sums.district_id,
    periods.fiscal_year,
    sums.shown_as,
    sums.reason,
    case
        when sums.reason = 'unmapped' then 'Accounts that the chart lacks or does not map'
        when sums.reason = 'unknown_school' then 'Schools that are not on the district''s roster'
        when sums.reason = 'pupils_unknown' then 'Central cost that cannot be shared: pupils of a school are unknown'
        when starts_with(sums.reason, 'driver_unknown:')
            then
                'Central cost that cannot be shared: weights of the driver ' || split_part(sums.reason, ':', 2)
                || ' are unknown or zero'
        else exclusions.label
    end as label,
    sums.amount_usd
from sums
left join {{ ref('dim_period') }} as periods on sums.school_year = periods.school_year and periods.period = 'year'
left join exclusions on sums.reason = exclusions.ppe_treatment
