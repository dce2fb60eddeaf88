-- What is done is of the month in which it was done. Bandwidth is that of the last month, of all sites together; a
-- device counts while it works and is not older than a threshold's years on the first day of the year.
with done as (
    select
        district_id,
        'district' as entity_type,
        district_id as entity_id,
        school_year,
        done_month as month,
        'all' as breakdown,
        null as n,
        kind,
        sum(amount) as amount,
        count(*) as n_done
    from {{ ref('int_operations__turnaround') }}
    group by district_id, school_year, done_month, kind
),

orders as (
    select * from done where kind = 'work_order'
),

resolved as (
    select * from done where kind = 'ticket'
),

contacts as (
    select
        district_id,
        'district' as entity_type,
        district_id as entity_id,
        school_year,
        date_trunc('month', cast(resolved_at as date)) as month,
        'all' as breakdown,
        null as n,
        {{ whole_sum('cast(first_contact_resolved as integer)') }} as first_contacts
    from {{ ref('stg_district__helpdesk') }}
    where resolved_at is not null
    group by district_id, school_year, date_trunc('month', cast(resolved_at as date))
),

lines as (
    select *, max(month) over (partition by district_id, school_year) as last_month
    from {{ ref('stg_district__network') }}
),

bandwidth as (
    select
        district_id, 'district' as entity_type, district_id as entity_id, school_year, cast(null as date) as month,
        'all' as breakdown, null as n, 1000 * sum(provisioned_mbps) as kbps
    from lines
    where month = last_month
    group by district_id, school_year
),

working as (
    select
        devices.*,
        devices.status in ('in_use', 'spare') and devices.assigned_to = 'student' as is_for_pupils,
        devices.acquired_date + to_years(cast(ages.value as integer)) >= years.starts_on as is_young
    from {{ ref('stg_district__devices') }} as devices
    left join {{ ref('dim_period') }} as years on devices.school_year = years.school_year and years.period = 'year'
    cross join {{ source('collaborative', 'thresholds') }} as ages
    where ages.threshold = 'device_years'
),

devices as (
    select
        district_id, 'district' as entity_type, district_id as entity_id, school_year, cast(null as date) as month,
        'all' as breakdown, null as n,
        {{ whole_sum('cast(is_for_pupils and is_young as integer)') }} as n_devices
    from working
    group by district_id, school_year
)

{{ operations_inputs('orders', {'work_order_days': 'amount', 'work_orders_done': 'n_done'}) }}
union all
{{ operations_inputs('resolved', {'ticket_hours': 'amount', 'tickets_resolved': 'n_done'}) }}
union all
{{ operations_inputs('contacts', {'tickets_resolved_at_once': 'first_contacts'}) }}
union all
{{ operations_inputs('bandwidth', {'bandwidth_kbps': 'kbps'}) }}
union all
{{ operations_inputs('devices', {'pupil_devices': 'n_devices'}) }}
