-- How long each thing took that is done: corrective work orders in days, tickets in hours in which the desk was open,
-- less the hours in which it waited for whoever asked. Preventive work is planned and not counted.
with hours as (
    select
        weekdays.isodow,
        coalesce(hours.opens_minute, 0) as opens_minute,
        coalesce(hours.closes_minute, 0) as closes_minute,
        coalesce(hours.closes_minute - hours.opens_minute, 0) as minutes
    from (select unnest([1, 2, 3, 4, 5, 6, 7]) as isodow) as weekdays
    left join {{ source('collaborative', 'business_hours') }} as hours on weekdays.isodow = hours.isodow
),

week as (
    select
        isodow,
        opens_minute,
        closes_minute,
        sum(minutes) over (order by isodow) - minutes as minutes_before,
        sum(minutes) over () as minutes_of_week
    from hours
),

tickets as (
    select * from {{ ref('stg_district__helpdesk') }} where resolved_at is not null
),

moments as (
    select district_id, school_year, ticket_id, opened_at as moment, -1 as sign from tickets
    union all
    select district_id, school_year, ticket_id, resolved_at as moment, 1 as sign from tickets
),

-- Minutes in which a desk was open since a Monday long ago, at each moment: their difference is what a ticket took.
open_minutes as (
    select
        moments.district_id,
        moments.school_year,
        moments.ticket_id,
        sum(moments.sign * (
            {{ days_between("date '1899-12-25'", 'cast(moments.moment as date)') }} // 7 * week.minutes_of_week
            + week.minutes_before
            + greatest(0, least(
                date_part('hour', moments.moment) * 60 + date_part('minute', moments.moment), week.closes_minute
            ) - week.opens_minute)
        )) as minutes
    from moments
    inner join week on isodow(moments.moment) = week.isodow
    group by moments.district_id, moments.school_year, moments.ticket_id
)

select
    tickets.district_id,
    tickets.school_year,
    'ticket' as kind,
    tickets.ticket_id as case_id,
    date_trunc('month', cast(tickets.resolved_at as date)) as done_month,
    cast(
        greatest(0, {{ rate('open_minutes.minutes', 60) }} - coalesce(tickets.hold_hours, 0)) as decimal(38, 6)
    ) as amount
from tickets
inner join open_minutes
    on
        tickets.district_id = open_minutes.district_id
        and tickets.school_year = open_minutes.school_year
        and tickets.ticket_id = open_minutes.ticket_id
union all
select
    district_id,
    school_year,
    'work_order' as kind,
    work_order_id as case_id,
    date_trunc('month', completed_date) as done_month,
    cast({{ days_between('received_date', 'completed_date') }} as decimal(38, 6)) as amount
from {{ ref('stg_district__work_orders') }}
where order_type = 'corrective' and completed_date is not null
