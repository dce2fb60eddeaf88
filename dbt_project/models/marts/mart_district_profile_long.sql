-- Of the figures that an item may be taken from the first that has a value; where none has, the first, and its status.
-- Schools and grades are counted from the rosters.
with items as (
    select * from {{ ref('profile_item') }}
),

facts as (
    select * from {{ ref('mart_metric_value') }}
    where entity_type = 'district' and period = 'year' and breakdown = 'all'
),

ranked as (
    select
        facts.district_id,
        facts.school_year,
        items.item,
        items.place,
        case items.part
            when 'numerator' then facts.numerator
            when 'denominator' then facts.denominator
            else facts.value
        end as value,
        facts.metric_id as source_metric_id,
        facts.variant as source_variant,
        facts.basis,
        facts.value_status,
        row_number() over (
            partition by facts.district_id, facts.school_year, items.item
            order by facts.value is null, items.preference, facts.basis, facts.variant
        ) as choice
    from facts
    inner join items
        on
            facts.metric_id = items.metric_id
            and facts.subgroup = items.subgroup
            and coalesce(nullif(items.variant, ''), facts.variant) = facts.variant
),

known as (
    select district_id, school_year from ranked group by district_id, school_year
),

schools as (
    select known.district_id, known.school_year, count(schools.school_id) as value
    from known
    inner join {{ ref('dim_school') }} as schools
        on
            known.district_id = schools.district_id
            and known.school_year between coalesce(schools.open_from, 0) and coalesce(schools.open_to, 9999)
    group by known.district_id, known.school_year
),

grades as (
    select
        district_id,
        school_year,
        arg_min(grade, case grade when 'PK' then -1 when 'KG' then 0 else try_cast(grade as integer) end) as lowest,
        arg_max(grade, case grade when 'PK' then -1 when 'KG' then 0 else try_cast(grade as integer) end) as highest
    from {{ ref('fct_enrollment') }}
    group by district_id, school_year
),

rows_of_profile as (
    select
        district_id, school_year, item, place, cast(value as decimal(38, 10)) as value, cast(null as varchar) as text,
        source_metric_id, source_variant, basis, value_status
    from ranked
    where choice = 1
    union all
    select
        district_id, school_year, 'schools' as item, 2 as place, cast(value as decimal(38, 10)) as value, null as text,
        null as source_metric_id, null as source_variant, 'computed' as basis, 'computed' as value_status
    from schools
    union all
    select
        district_id, school_year, 'lowest_grade' as item, 3 as place, null as value, lowest as text,
        null as source_metric_id, null as source_variant, 'computed' as basis, 'computed' as value_status
    from grades
    union all
    select
        district_id, school_year, 'highest_grade' as item, 4 as place, null as value, highest as text,
        null as source_metric_id, null as source_variant, 'computed' as basis, 'computed' as value_status
    from grades
)

select
    items.district_id,
    districts.district_name,
    districts.district_type,
    items.school_year,
    items.item,
    items.place,
    items.value,
    items.text,
    items.source_metric_id,
    items.source_variant,
    items.basis,
    items.value_status
from rows_of_profile as items
left join {{ ref('dim_district') }} as districts on items.district_id = districts.district_id
