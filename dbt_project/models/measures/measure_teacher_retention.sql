-- Who taught at a school on one autumn's day of counting and does so on the next one's. Whose post was cut in between
-- and who taught at a school that closed are left out: they could not stay. It looks at two years, so any change of
-- either makes it anew.
with days as (
    select school_year, starts_on as count_day from {{ ref('dim_period') }} where period = 'count_day'
),

deliveries as (
    select district_id, school_year, max(data_through) as data_through
    from {{ source('build', 'selection') }}
    where contract = 'staff_assignments' and is_current
    group by district_id, school_year
),

assignments as (
    select staff.*, days.count_day
    from {{ ref('stg_district__staff_assignments') }} as staff
    inner join days on staff.school_year = days.school_year
    left join deliveries on staff.district_id = deliveries.district_id and staff.school_year = deliveries.school_year
    where coalesce(deliveries.data_through >= days.count_day, true)
),

counted as (
    select district_id, school_year, count_day from assignments group by district_id, school_year, count_day
),

seats as (
    select district_id, school_year, school_id, staff_key
    from assignments
    where role = 'teacher' and count_day between begin_date and coalesce(end_date, date '9999-12-31')
    group by district_id, school_year, school_id, staff_key
),

reduced as (
    select district_id, staff_key, termination_date
    from {{ ref('stg_district__staff') }}
    where termination_reason = 'reduced'
    group by district_id, staff_key, termination_date
),

-- A year counts where both days do: a district that sent no autumn before has no retention.
pairs as (
    select
        before.district_id,
        before.school_id,
        before.staff_key,
        counted.school_year,
        coalesce(bool_or(reduced.staff_key is not null), false) as is_reduced
    from seats as before
    inner join counted on before.district_id = counted.district_id and before.school_year + 1 = counted.school_year
    inner join days as last_days on before.school_year = last_days.school_year
    left join reduced
        on
            before.district_id = reduced.district_id
            and before.staff_key = reduced.staff_key
            and reduced.termination_date between last_days.count_day and counted.count_day
    group by before.district_id, before.school_id, before.staff_key, counted.school_year
),

followed as (
    select
        pairs.district_id,
        pairs.school_year,
        pairs.school_id,
        seats.staff_key is not null as is_retained
    from pairs
    left join {{ ref('dim_school') }} as schools
        on pairs.district_id = schools.district_id and pairs.school_id = schools.school_id
    left join seats
        on
            pairs.district_id = seats.district_id
            and pairs.school_id = seats.school_id
            and pairs.staff_key = seats.staff_key
            and pairs.school_year = seats.school_year
    where coalesce(schools.open_to >= pairs.school_year, true) and (seats.staff_key is not null or not pairs.is_reduced)
),

sums as (
    select
        district_id,
        school_year,
        school_id,
        cast(count(*) filter (where is_retained) as decimal(38, 6)) as retained,
        cast(count(*) as decimal(38, 6)) as teachers
    from followed
    group by grouping sets ((district_id, school_year, school_id), (district_id, school_year))
)

select
    district_id,
    {{ school_or_district() }},
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    'ST.09' as metric_id,
    'same_school' as variant,
    {{ ratio_columns('retained', 'teachers', 'teachers', domain='staff') }}
from sums
