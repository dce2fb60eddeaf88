-- The risk of a group against that of all other pupils of the district, and their difference; both need enough pupils,
-- suspended and in all, on either side. Where all others are too few, a state's comparison group may stand for them.
-- The interval of a ratio is Katz's, on logarithms; that of a difference is Newcombe's, of two intervals of Wilson.
with limits as (
    select
        max(case when threshold = 'risk_ratio_minimum_cell' then value end) as least_cell,
        max(case when threshold = 'risk_ratio_minimum_n' then value end) as least_n
    from {{ source('collaborative', 'thresholds') }}
),

risks as (
    select
        district_id,
        school_year,
        subgroup,
        variant,
        cast(numerator as bigint) as suspended,
        cast(denominator as bigint) as enrolled
    from {{ ref('measure_discipline') }}
    where
        metric_id = 'SS.B01' and entity_type = 'district' and value_status = 'computed'
        and {{ in_build_scope('measure_discipline') }}
),

-- a of n1 in the group, c of n2 among all others.
sized as (
    select
        groups.district_id,
        groups.school_year,
        groups.subgroup,
        groups.variant,
        groups.suspended as a,
        groups.enrolled as n1,
        everyone.suspended - groups.suspended as c,
        everyone.enrolled - groups.enrolled as n2,
        groups.suspended >= limits.least_cell and groups.enrolled >= limits.least_n as has_group,
        everyone.suspended - groups.suspended >= limits.least_cell
        and everyone.enrolled - groups.enrolled >= limits.least_n as has_others
    from risks as groups
    inner join risks as everyone
        on
            groups.district_id = everyone.district_id
            and groups.school_year = everyone.school_year
            and groups.variant = everyone.variant
    cross join limits
    where groups.subgroup <> 'all' and everyone.subgroup = 'all'
),

compared as (
    select * from sized
    union all
    select
        sized.* replace (
            sized.variant || '_alternate' as variant,
            cast(state.suspended as bigint) as c,
            cast(state.enrolled as bigint) as n2,
            true as has_others
        )
    from sized
    inner join {{ source('collaborative', 'comparison_risks') }} as state
        on
            sized.variant = state.variant
            and sized.school_year = state.school_year
            and sized.subgroup = state.subgroup
    where not sized.has_others
),

shares as (
    select
        *,
        has_group and has_others as is_enough,
        1.959964::double as z,
        a::double / nullif(n1, 0) as p1,
        c::double / nullif(n2, 0) as p2,
        1.959964 * sqrt(1 / nullif(a, 0)::double - 1 / n1::double + 1 / nullif(c, 0)::double - 1 / n2::double) as spread
    from compared
),

intervals as (
    select
        *,
        z * sqrt(p1 * (1 - p1) / n1 + z * z / (4 * n1::double * n1)) / (1 + z * z / n1) as half_1,
        z * sqrt(p2 * (1 - p2) / n2 + z * z / (4 * n2::double * n2)) / (1 + z * z / n2) as half_2,
        (p1 + z * z / (2 * n1)) / (1 + z * z / n1) - p1 as shift_1,
        (p2 + z * z / (2 * n2)) / (1 + z * z / n2) - p2 as shift_2
    from shares
),

figures as (
    select
        *,
        'SS.B04' as metric_id,
        a::hugeint * n2 as numerator,
        c::hugeint * n1 as denominator,
        exp(ln(nullif(p1, 0) / nullif(p2, 0)) - spread) as low,
        exp(ln(nullif(p1, 0) / nullif(p2, 0)) + spread) as high
    from intervals
    union all
    select
        *,
        'SS.B04g' as metric_id,
        100 * (a::hugeint * n2 - c::hugeint * n1) as numerator,
        n1::hugeint * n2 as denominator,
        100 * (p1 - p2 - sqrt(pow(half_1 - shift_1, 2) + pow(half_2 + shift_2, 2))) as low,
        100 * (p1 - p2 + sqrt(pow(half_1 + shift_1, 2) + pow(half_2 - shift_2, 2))) as high
    from intervals
)

select
    district_id,
    'district' as entity_type,
    district_id as entity_id,
    school_year,
    'year' as period,
    subgroup,
    'all' as breakdown,
    metric_id,
    variant,
    case when is_enough then {{ rate('numerator', 'denominator') }} end as value,
    cast(case when is_enough then low end as decimal(38, 10)) as value_low,
    cast(case when is_enough then high end as decimal(38, 10)) as value_high,
    cast(case when is_enough and low is not null then 0.95 end as decimal(9, 6)) as level,
    cast(null as decimal(38, 6)) as numerator,
    cast(null as decimal(38, 6)) as denominator,
    cast(n1 as decimal(38, 6)) as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when is_enough then {{ value_status('numerator', 'denominator') }} else 'too_few' end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
