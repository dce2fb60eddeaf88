-- The quarters are those of spending (int_equity__need), of all schools of the district whose low-income share and
-- what is looked at of their teachers are both known: experience, being in the field, a full licence.
with shares as (
    select * from {{ ref('measure_teacher_experience') }}
    union all
    select * from {{ ref('measure_teacher_qualification') }}
),

schools as (
    select
        teachers.*,
        needs.value as need_share,
        needs.denominator as pupils,
        sum(needs.denominator) over (
            partition by teachers.district_id, teachers.school_year, teachers.variant
            order by needs.value asc, teachers.entity_id asc rows unbounded preceding
        ) as pupils_so_far,
        sum(needs.denominator) over (
            partition by teachers.district_id, teachers.school_year, teachers.variant
        ) as pupils_in_all
    from shares as teachers
    inner join {{ ref('measure_population_shares') }} as needs
        on
            teachers.district_id = needs.district_id
            and teachers.school_year = needs.school_year
            and teachers.entity_id = needs.entity_id
            and needs.subgroup = 'low_income'
    where
        teachers.entity_type = 'school' and teachers.value is not null and needs.value is not null
        and {{ in_build_scope('teachers') }}
),

placed as (
    select
        *,
        4 * (pupils_so_far - pupils) < pupils_in_all as is_low,
        4 * pupils_so_far > 3 * pupils_in_all as is_high
    from schools
),

sides as (
    select
        district_id,
        school_year,
        variant,
        count(case when is_high and not is_low then 1 end) as n_high,
        count(case when is_low and not is_high then 1 end) as n_low,
        sum(case when is_high and not is_low then numerator end) as counted_high,
        sum(case when is_high and not is_low then denominator end) as fte_high,
        sum(case when is_low and not is_high then numerator end) as counted_low,
        sum(case when is_low and not is_high then denominator end) as fte_low
    from placed
    group by district_id, school_year, variant
),

figures as (
    select
        sides.*,
        sides.fte_high + sides.fte_low as n,
        coalesce(least(sides.n_high, sides.n_low) >= thresholds.value, false) as is_enough
    from sides
    cross join {{ source('collaborative', 'thresholds') }} as thresholds
    where thresholds.threshold = 'need_quarter_minimum_schools'
)

select
    district_id,
    'district' as entity_type,
    district_id as entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    'all' as breakdown,
    'EQ.11' as metric_id,
    variant,
    case
        when is_enough then {{ rate(
            '(100 * (counted_low * fte_high - counted_high * fte_low))', '(fte_high * fte_low)'
        ) }}
    end as value,
    {{ no_interval() }},
    cast(null as decimal(38, 6)) as numerator,
    cast(null as decimal(38, 6)) as denominator,
    cast(n as decimal(38, 6)) as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when is_enough then 'computed' else 'too_few' end as value_status,
    'staff' as domain,
    cast(null as date) as data_through
from figures
