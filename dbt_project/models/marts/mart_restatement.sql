with vintages as (
    select
        district_id,
        extract,
        school_year,
        vintage,
        lag(vintage) over (
            partition by district_id, extract, school_year
            order by vintage_order asc
        ) as earlier_vintage
    from {{ source('build', 'selection') }}
    where contract = 'state_reported_measures'
),

-- A figure stands twice where three vintages follow each other: as the newer of one pair, as the earlier of the next.
paired as (
    select
        figures.*,
        vintages.vintage as newer_vintage,
        vintages.earlier_vintage,
        figures.vintage = vintages.vintage as is_newer
    from {{ ref('fct_reported_value') }} as figures
    inner join vintages
        on
            figures.district_id = vintages.district_id
            and figures.extract = vintages.extract
            and figures.school_year = vintages.school_year
            and figures.vintage in (vintages.vintage, vintages.earlier_vintage)
    where vintages.earlier_vintage is not null
),

compared as (
    select
        district_id,
        entity_type,
        entity_id,
        school_year,
        period,
        subgroup,
        breakdown,
        metric_id,
        variant,
        extract,
        newer_vintage as vintage,
        earlier_vintage,
        {% for column in ['value', 'numerator', 'denominator', 'n', 'value_status'] %}
        max(case when is_newer then {{ column }} end) as {{ column }},
        max(case when not is_newer then {{ column }} end) as earlier_{{ column }},
        {% endfor %}
        max(case when is_newer and is_current then 1 else 0 end) = 1 as is_current
    from paired
    group by
        district_id, entity_type, entity_id, school_year, period, subgroup, breakdown, metric_id, variant, extract,
        newer_vintage, earlier_vintage
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    period,
    subgroup,
    breakdown,
    metric_id,
    variant,
    extract,
    vintage,
    earlier_vintage,
    is_current,
    value,
    earlier_value,
    numerator,
    earlier_numerator,
    denominator,
    earlier_denominator,
    n,
    earlier_n,
    coalesce(value_status, 'absent') as value_status,
    coalesce(earlier_value_status, 'absent') as earlier_value_status
from compared
where
    value is distinct from earlier_value
    or numerator is distinct from earlier_numerator
    or denominator is distinct from earlier_denominator
    or n is distinct from earlier_n
    or value_status is distinct from earlier_value_status
