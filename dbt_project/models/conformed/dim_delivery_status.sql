with delivery_status as (
    select * from {{ source('build', 'delivery_status') }}
),

build_info as (
    select as_of from {{ source('build', 'build_info') }}
),

years as (
    select school_year, ends_on from {{ ref('dim_period') }} where period = 'year'
),

thresholds as (
    select threshold, value from {{ source('collaborative', 'thresholds') }}
),

aged as (
    select
        delivery_status.*,
        thresholds.value as max_age_days,
        {{ days_between('delivery_status.data_through', 'least(build_info.as_of, years.ends_on)') }} as age_days
    from delivery_status
    cross join build_info
    left join years on delivery_status.school_year = years.school_year
    left join thresholds on 'max_age_days_' || delivery_status.domain = thresholds.threshold
)

select
    district_id,
    domain,
    school_year,
    state,
    is_held,
    held_rule,
    data_through,
    cast(age_days as integer) as age_days,
    max_age_days,
    case
        when state = 'never_admitted' then null
        when age_days is null or age_days > max_age_days then 'stale'
        when is_held then 'held'
        else 'fresh'
    end as freshness
from aged
