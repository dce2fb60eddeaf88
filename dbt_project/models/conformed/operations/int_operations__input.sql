-- Months add up to quarters of the fiscal year and to the year; an amount of the year has no month. A sum of which one
-- part is not known is not known.
with given as (
    {% for family in [
        'transport', 'meals', 'facilities', 'offices', 'purchases', 'technology', 'staffing', 'safety',
        'finance',
    ] %}
    select
        district_id, entity_type, entity_id, school_year, period, breakdown, input_id, amount, n,
        'computed' as basis, domain
    from {{ ref('int_operations__' ~ family) }}
    where {{ in_build_scope('int_operations__' ~ family) }}
    union all
    {% endfor %}
    select
        district_id, entity_type, entity_id, school_year, period, breakdown, input_id, amount, n, basis, domain
    from {{ ref('int_operations__measure') }}
    where {{ in_build_scope('int_operations__measure') }}
),

years as (
    select school_year, starts_on from {{ ref('dim_period') }} where period = 'year'
),

quarters as (
    select
        given.* replace (
            'q' || (date_diff('month', years.starts_on, cast(given.period || '-01' as date)) // 3 + 1) as period
        )
    from given
    inner join years on given.school_year = years.school_year
    where
        given.period <> 'year'
        and date_diff('month', years.starts_on, cast(given.period || '-01' as date)) between 0 and 11
),

periods as (
    select * from given
    union all
    select * from quarters
    union all
    select * replace ('year' as period) from given where period <> 'year'
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    period,
    breakdown,
    input_id,
    cast({{ whole_sum('amount') }} as decimal(38, 6)) as amount,
    max(n) as n,
    basis,
    domain
from periods
group by district_id, entity_type, entity_id, school_year, period, breakdown, input_id, basis, domain
