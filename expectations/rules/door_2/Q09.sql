-- In term, attendance is of the last week and a ledger of the last weeks, seen from the day that the build speaks
-- of. (dim_delivery_status says of each domain when it is too old to be shown as fresh; this says of two extracts
-- when to ask.)
with limits as (
    select 'attendance' as contract, max(value) as most_days
    from collaborative.thresholds
    where threshold = 'attendance_age_days'
    union all
    select 'gl_actuals' as contract, max(value) as most_days
    from collaborative.thresholds
    where threshold = 'ledger_age_days'
),

deliveries as (
    select district_id, school_year, contract, max(data_through) as data_through
    from build.selection
    where is_current and data_through is not null and contract in ('attendance', 'gl_actuals')
    group by district_id, school_year, contract
),

terms as (
    select district_id, school_year, max(calendar_date) as last_date
    from conformed.dim_calendar_day
    where is_instructional
    group by district_id, school_year
),

aged as (
    select
        deliveries.*,
        least(build_info.as_of, coalesce(terms.last_date, build_info.as_of)) - deliveries.data_through as age_days
    from deliveries
    cross join build.build_info
    left join terms
        on
            deliveries.district_id = terms.district_id
            and deliveries.school_year = terms.school_year
            and deliveries.contract = 'attendance'
    qualify
        deliveries.school_year = max(deliveries.school_year) over (
            partition by deliveries.district_id, deliveries.contract
        )
)

select
    aged.district_id,
    aged.school_year,
    1 as n_checked,
    cast(aged.age_days > coalesce(limits.most_days, 0) as integer) as n_failed,
    aged.contract || ' is ' || aged.age_days || ' days old' as message
from aged
inner join limits on aged.contract = limits.contract
