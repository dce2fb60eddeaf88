-- Days count to a school's last submitted day: the last one with a row, but for rows dated ahead of the delivery (an
-- absence excused in advance says nothing of the days before it). Of a school without any row nothing is known.
with deliveries as (
    select district_id, school_year, max(data_through) as data_through
    from {{ source('build', 'selection') }}
    where contract = 'attendance' and is_current
    group by district_id, school_year
)

select
    attendance.district_id,
    attendance.school_year,
    attendance.school_id,
    max(attendance.attendance_date) filter (
        where attendance.attendance_date <= coalesce(deliveries.data_through, date '9999-12-31')
    ) as last_day
from {{ ref('fct_attendance') }} as attendance
left join deliveries
    on attendance.district_id = deliveries.district_id and attendance.school_year = deliveries.school_year
where {{ in_build_scope('attendance') }}
group by attendance.district_id, attendance.school_year, attendance.school_id
