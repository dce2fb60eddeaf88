-- Who was enrolled at a school, and in a district, at any time from the first day of instruction on, by main
-- enrolments. Spans between which no day of instruction lies are one stay; without a calendar the year is the period's.
with calendars as (
    select
        district_id,
        school_year,
        school_id,
        calendar_code,
        min(calendar_date) as first_day,
        max(calendar_date) as last_day
    from {{ ref('dim_calendar_day') }}
    where is_instructional and {{ in_build_scope('dim_calendar_day') }}
    group by district_id, school_year, school_id, calendar_code
),

years as (
    select school_year, starts_on, ends_on from {{ ref('dim_period') }} where period = 'year'
),

count_days as (
    select school_year, starts_on as count_day from {{ ref('dim_period') }} where period = 'count_day'
),

bounded as (
    select
        spans.district_id,
        spans.school_year,
        spans.school_id,
        spans.student_key,
        spans.calendar_code,
        spans.grade,
        spans.exit_type,
        count_days.count_day,
        coalesce(calendars.first_day, years.starts_on, spans.entry_date) as begins_on,
        coalesce(calendars.last_day, years.ends_on, spans.last_date) as ends_on,
        greatest(spans.entry_date, calendars.first_day, years.starts_on) as first_day,
        least(spans.last_date, coalesce(calendars.last_day, years.ends_on)) as last_day
    from {{ ref('fct_enrollment') }} as spans
    left join calendars
        on
            spans.district_id = calendars.district_id
            and spans.school_year = calendars.school_year
            and spans.school_id = calendars.school_id
            and spans.calendar_code = calendars.calendar_code
    left join years on spans.school_year = years.school_year
    left join count_days on spans.school_year = count_days.school_year
    where spans.is_primary and {{ in_build_scope('spans') }}
),

places as (
    select *, 'school' as entity_type, school_id as entity_id from bounded where first_day <= last_day
    union all
    select *, 'district' as entity_type, district_id as entity_id from bounded where first_day <= last_day
),

followed as (
    select
        *,
        max(last_day) over (
            partition by district_id, school_year, entity_type, entity_id, student_key
            order by first_day asc, last_day asc rows between unbounded preceding and 1 preceding
        ) as left_on
    from places
),

-- Few pupils come back: for them alone days of instruction are looked for between two spans.
missed as (
    select
        followed.district_id,
        followed.school_year,
        followed.school_id,
        followed.calendar_code,
        followed.left_on,
        followed.first_day
    from followed
    inner join {{ ref('dim_calendar_day') }} as days
        on
            followed.district_id = days.district_id
            and followed.school_year = days.school_year
            and followed.school_id = days.school_id
            and followed.calendar_code = days.calendar_code
            and followed.left_on < days.calendar_date
            and followed.first_day > days.calendar_date
    where days.is_instructional and followed.first_day > followed.left_on + 1
    group by
        followed.district_id, followed.school_year, followed.school_id, followed.calendar_code, followed.left_on,
        followed.first_day
),

stays as (
    select
        followed.*,
        case when followed.left_on is null or missed.left_on is not null then followed.first_day end as stay_from
    from followed
    left join missed
        on
            followed.district_id = missed.district_id
            and followed.school_year = missed.school_year
            and followed.school_id = missed.school_id
            and followed.calendar_code = missed.calendar_code
            and followed.left_on = missed.left_on
            and followed.first_day = missed.first_day
),

measured as (
    select
        *,
        max(stay_from) over (
            partition by district_id, school_year, entity_type, entity_id, student_key
            order by first_day asc, last_day asc rows unbounded preceding
        ) as stay_since
    from stays
)

select
    district_id,
    school_year,
    entity_type,
    entity_id,
    student_key,
    arg_max(grade, (first_day, last_day)) as grade,
    min(first_day) as first_day,
    max(last_day) as last_day,
    max(stay_from) as stay_since,
    cast(count(stay_from) as integer) as n_stays,
    cast(max({{ days_between('stay_since', 'last_day') }}) + 1 as integer) as longest_stay_days,
    bool_or(first_day <= begins_on) as is_there_at_start,
    bool_or(count_day between first_day and last_day) as is_there_on_count_day,
    bool_or(last_day >= ends_on) as is_there_at_end,
    arg_max_null(exit_type, (last_day, first_day)) as exit_type,
    min(begins_on) as begins_on,
    max(ends_on) as ends_on
from measured
group by district_id, school_year, entity_type, entity_id, student_key
