-- Who was in a program on any day of the year belongs to its group for the year. Hispanic pupils of any race are one
-- group, as in the federal categories.
with students as (
    select * from {{ ref('dim_student') }}
),

programs as (
    select * from {{ ref('stg_district__programs') }}
),

races as (
    select
        district_id,
        school_year,
        student_key,
        case when is_hispanic then 'hispanic' else race_eth end as subgroup
    from students
),

participants as (
    select
        district_id,
        school_year,
        student_key,
        case program
            when 'EL' then 'english_learner'
            when 'SWD' then 'students_with_disabilities'
            when '504' then 'section_504'
            when 'ED' then 'low_income'
            else lower(program)
        end as subgroup
    from programs
    group by district_id, school_year, student_key, program
),

members as (
    select district_id, school_year, student_key, subgroup from races where subgroup is not null
    union all
    select district_id, school_year, student_key, subgroup from participants
)

select
    district_id,
    school_year,
    student_key,
    subgroup
from members
