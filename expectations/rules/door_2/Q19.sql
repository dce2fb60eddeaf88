-- Attendance is of days up to the one that its own delivery speaks of. A row dated ahead (an absence excused in
-- advance) counts nothing, and may be a wrong date or a wrong `as_of`.
with deliveries as (
    select district_id, school_year, delivery_id, max(data_through) as data_through
    from build.selection
    where contract = 'attendance' and is_current
    group by district_id, school_year, delivery_id
)

select
    attendance.district_id,
    attendance.school_year,
    count(*) as n_checked,
    count(*) filter (where attendance.attendance_date > deliveries.data_through) as n_failed
from conformed.fct_attendance as attendance
inner join deliveries
    on
        attendance.district_id = deliveries.district_id
        and attendance.school_year = deliveries.school_year
        and attendance.delivery_id = deliveries.delivery_id
group by attendance.district_id, attendance.school_year
