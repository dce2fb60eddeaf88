-- A school's attendance rate lies where those of schools do, and near the one of the year before.
with limits as (
    select
        max(value) filter (where threshold = 'attendance_rate_least') as least_rate,
        max(value) filter (where threshold = 'attendance_rate_most') as most_rate,
        max(value) filter (where threshold = 'attendance_rate_change') as change,
        max(value) filter (where threshold = 'attendance_rate_minimum_pupils') as least_pupils
    from collaborative.thresholds
),

rates as (
    select measured.district_id, measured.school_year, measured.entity_id, measured.value
    from measures.measure_attendance as measured
    cross join limits
    where
        measured.metric_id = 'SS.A03'
        and measured.entity_type = 'school'
        and measured.subgroup = 'all'
        and measured.breakdown = 'all'
        and measured.value is not null
        and measured.n >= coalesce(limits.least_pupils, 0)
),

compared as (
    select
        rates.*,
        coalesce(rates.value not between limits.least_rate and limits.most_rate, true) as is_odd,
        coalesce(abs(rates.value - earlier.value) > coalesce(limits.change, 0), false) as has_changed
    from rates
    cross join limits
    left join rates as earlier
        on
            rates.district_id = earlier.district_id
            and rates.entity_id = earlier.entity_id
            and rates.school_year = earlier.school_year + 1
)

select
    district_id,
    school_year,
    count(*) as n_checked,
    count(*) filter (where is_odd or has_changed) as n_failed,
    'attendance is unlike that of schools, or of the year before, at '
    || string_agg(entity_id, ', ' order by entity_id) filter (where is_odd or has_changed) as message
from compared
group by district_id, school_year
