-- Teachers hired one to five years ago who are teachers of the district still, over those who were hired: sums over the
-- years of hiring whose staff the district sent. It looks at six years, so any change of one makes it anew.
with years as (
    select school_year, starts_on, ends_on from {{ ref('dim_period') }} where period = 'year'
),

teachers as (
    select district_id, school_year, staff_key
    from {{ ref('stg_district__staff_assignments') }}
    where role = 'teacher'
    group by district_id, school_year, staff_key
),

people as (
    select staff.district_id, staff.school_year, staff.staff_key, staff.hire_date, years.starts_on, years.ends_on
    from {{ ref('stg_district__staff') }} as staff
    inner join teachers
        on
            staff.district_id = teachers.district_id
            and staff.school_year = teachers.school_year
            and staff.staff_key = teachers.staff_key
    inner join years on staff.school_year = years.school_year
),

sent as (
    select district_id, school_year from people group by district_id, school_year
),

hired as (
    select sent.district_id, sent.school_year, people.staff_key, sent.school_year - people.school_year as n_years
    from sent
    inner join people
        on
            sent.district_id = people.district_id
            and people.school_year between sent.school_year - 5 and sent.school_year - 1
    where people.hire_date between people.starts_on and people.ends_on
),

counts as (
    select
        hired.district_id,
        hired.school_year,
        case when hired.n_years is null then 'all' else 'years=' || hired.n_years end as breakdown,
        cast(count(people.staff_key) as decimal(38, 6)) as n_still,
        cast(count(*) as decimal(38, 6)) as n_hired
    from hired
    left join people
        on
            hired.district_id = people.district_id
            and hired.school_year = people.school_year
            and hired.staff_key = people.staff_key
    group by
        grouping sets ((hired.district_id, hired.school_year, hired.n_years), (hired.district_id, hired.school_year))
),

shown as (
    select counts.*, coalesce(counts.n_hired < metrics.minimum_n, false) as is_too_few
    from counts
    left join {{ ref('dim_metric') }} as metrics on metrics.metric_id = 'OP.HR01'
)

select
    district_id,
    'district' as entity_type,
    district_id as entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    breakdown,
    'OP.HR01' as metric_id,
    'district_records' as variant,
    {{ ratio_columns('n_still', 'n_hired', 'n_hired', too_few='is_too_few', domain='staff') }}
from shown
