-- Days count to a school's last submitted day: the last one with a row, but for rows dated ahead of their own delivery
-- (an absence excused in advance says nothing of the days before it).
with deliveries as (
    select
        district_id,
        school_year,
        delivery_id,
        max(data_through) as data_through,
        bool_or(extract <> contract) as is_part
    from {{ source('build', 'selection') }}
    where contract = 'attendance' and is_current
    group by district_id, school_year, delivery_id
),

-- Hundreds of pupils have a row of the same day and delivery: each day is looked at once, and
-- for its scope after that (DuckDB takes the ranges of the condition to the files by itself).
dates as (
    select district_id, school_year, school_id, delivery_id, attendance_date
    from {{ ref('fct_attendance') }}
    group by district_id, school_year, school_id, delivery_id, attendance_date
)

select
    attendance.district_id,
    attendance.school_year,
    attendance.school_id,
    date_trunc('month', attendance.attendance_date) as month,
    max(attendance.attendance_date) filter (
        where attendance.attendance_date <= coalesce(deliveries.data_through, date '9999-12-31')
    ) as last_day,
    coalesce(bool_or(deliveries.is_part), false) as is_part
from dates as attendance
left join deliveries
    on
        attendance.district_id = deliveries.district_id
        and attendance.school_year = deliveries.school_year
        and attendance.delivery_id = deliveries.delivery_id
where {{ in_build_scope('attendance') }}
group by
    attendance.district_id, attendance.school_year, attendance.school_id,
    date_trunc('month', attendance.attendance_date)
