-- Enrolment is known of a school whose attendance is not; a delivery from before the day says nothing of it.
with days as (
    select school_year, starts_on as count_day from {{ ref('dim_period') }} where period = 'count_day'
),

deliveries as (
    select district_id, school_year, max(data_through) as data_through
    from {{ source('build', 'selection') }}
    where contract = 'enrollments' and is_current
    group by district_id, school_year
)

select
    spans.district_id,
    spans.school_year,
    spans.school_id,
    count(distinct case when days.count_day between spans.entry_date and spans.last_date then spans.student_key end)
        as n_pupils
from {{ ref('fct_enrollment') }} as spans
inner join days on spans.school_year = days.school_year
left join deliveries on spans.district_id = deliveries.district_id and spans.school_year = deliveries.school_year
where spans.is_primary and coalesce(deliveries.data_through >= days.count_day, true) and {{ in_build_scope('spans') }}
group by spans.district_id, spans.school_year, spans.school_id
