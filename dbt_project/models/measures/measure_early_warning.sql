-- Pupils who are enrolled as far as is known, at their school and in the district, of whom every flag of the rule is
-- known: a pupil without marks where the rule looks at marks, or of a silent school, is neither with flags nor without.
with flags as (
    select * from {{ ref('int_early_warning__flag') }} where {{ in_build_scope('int_early_warning__flag') }}
),

places as (
    select * from {{ ref('int_enrollment__student_year') }}
    where is_there_at_end and {{ in_build_scope('int_enrollment__student_year') }}
),

sums as (
    select
        places.district_id,
        places.school_year,
        places.entity_type,
        places.entity_id,
        flags.rule,
        {% for k in [1, 2, 3] %}
        cast(count(*) filter (where flags.n_unknown = 0 and flags.n_flags >= {{ k }}) as decimal(38, 6))
            as with_{{ k }},
        {% endfor %}
        cast(count(*) filter (where flags.n_unknown = 0) as decimal(38, 6)) as known
    from places
    inner join flags
        on
            places.district_id = flags.district_id
            and places.school_year = flags.school_year
            and places.student_key = flags.student_key
    group by places.district_id, places.school_year, places.entity_type, places.entity_id, flags.rule
),

figures as (
    {% for k in [1, 2, 3] %}
    select *, 'flags={{ k }}' as breakdown, with_{{ k }} as numerator from sums
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    'year' as period,
    'all' as subgroup,
    breakdown,
    'SS.C04p' as metric_id,
    rule as variant,
    {{ rate('numerator', 'known') }} as value,
    {{ no_interval() }},
    case when known > 0 then numerator end as numerator,
    case when known > 0 then known end as denominator,
    known as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    case when known > 0 then 'computed' else 'not_reported' end as value_status,
    'student' as domain,
    cast(null as date) as data_through
from figures
