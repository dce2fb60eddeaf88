-- A pupil's first screening of the year at risk, in each domain, and the support in that domain that lasted on that day
-- or began soonest after it. It is due once the days to begin have gone by; before, nobody is late.
with screenings as (
    select
        district_id,
        school_year,
        student_key,
        domain,
        min(test_date) as screened_on,
        arg_min(school_id, test_date) as school_id,
        arg_min(screening_window, test_date) as screening_window,
        arg_min(benchmark_level, test_date) as benchmark_level
    from {{ ref('stg_district__screeners') }}
    where benchmark_level in ('below', 'well_below') and intervention_id is null
    group by district_id, school_year, student_key, domain
),

deliveries as (
    select district_id, school_year, max(data_through) as data_through
    from {{ source('build', 'selection') }}
    where contract = 'interventions' and is_current
    group by district_id, school_year
),

limits as (
    select cast(value as integer) as days_to_begin from {{ source('collaborative', 'thresholds') }}
    where threshold = 'support_start_days'
),

supports as (
    select
        screenings.district_id,
        screenings.school_year,
        screenings.student_key,
        screenings.domain,
        min(supports.start_date) as supported_on
    from screenings
    inner join {{ ref('stg_district__interventions') }} as supports
        on
            screenings.district_id = supports.district_id
            and screenings.school_year = supports.school_year
            and screenings.student_key = supports.student_key
            and screenings.domain = supports.domain
            and screenings.screened_on <= coalesce(supports.end_date, date '9999-12-31')
    where supports.start_date is not null
    group by screenings.district_id, screenings.school_year, screenings.student_key, screenings.domain
)

select
    screenings.district_id,
    screenings.school_year,
    screenings.student_key,
    screenings.domain,
    screenings.school_id,
    screenings.screening_window,
    screenings.screened_on,
    screenings.benchmark_level,
    supports.supported_on,
    screenings.screened_on + limits.days_to_begin as begin_by,
    screenings.screened_on + limits.days_to_begin <= deliveries.data_through as is_due,
    coalesce(supports.supported_on <= screenings.screened_on + limits.days_to_begin, false) as is_in_time
from screenings
inner join deliveries
    on screenings.district_id = deliveries.district_id and screenings.school_year = deliveries.school_year
cross join limits
left join supports
    on
        screenings.district_id = supports.district_id
        and screenings.school_year = supports.school_year
        and screenings.student_key = supports.student_key
        and screenings.domain = supports.domain
