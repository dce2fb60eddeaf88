-- A pupil's status changes in the middle of a year: each stretch of days on which it held is one row, however many
-- spans the district sent for it. Spans that overlap or follow each other on the next day are one stretch; one that
-- ends before it begins is none (rule Q14 tells the district).
with programs as (
    select
        district_id,
        school_year,
        student_key,
        program,
        begin_date,
        coalesce(end_date, date '9999-12-31') as last_date
    from {{ ref('stg_district__programs') }}
    where coalesce(end_date >= begin_date, true)
),

begun as (
    select
        *,
        coalesce(
            begin_date - 1 > max(last_date) over (
                partition by district_id, school_year, student_key, program
                order by begin_date
                rows between unbounded preceding and 1 preceding
            ),
            true
        ) as is_new
    from programs
),

numbered as (
    select
        *,
        count(*) filter (where is_new) over (
            partition by district_id, school_year, student_key, program
            order by begin_date
        ) as stretch
    from begun
)

select
    district_id,
    school_year,
    student_key,
    program,
    min(begin_date) as begin_date,
    max(last_date) as last_date
from numbered
group by district_id, school_year, student_key, program, stretch
