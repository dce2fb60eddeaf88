with series as (
    select
        *,
        lag(school_year) over same_series as earlier_school_year,
        lag(value) over same_series as earlier_value,
        lag(vintage) over same_series as earlier_vintage
    from {{ ref('fct_metric_value') }}
    window
        same_series as (
            partition by
                district_id, metric_id, variant, entity_type, entity_id, period, subgroup, breakdown, basis
            order by school_year asc
        )
),

changes as (
    select *, value - earlier_value as change from series where earlier_school_year is not null
),

spans as (
    select metric_id, subgroup, entity_type, entity_id, earlier_school_year, school_year
    from changes
    group by metric_id, subgroup, entity_type, entity_id, earlier_school_year, school_year
),

crossed as (
    select
        spans.metric_id,
        spans.subgroup,
        spans.entity_type,
        spans.entity_id,
        spans.earlier_school_year,
        spans.school_year,
        string_agg(breaks.note, '; ' order by breaks.from_school_year asc, breaks.note asc) as break_note
    from spans
    inner join {{ ref('dim_series_break') }} as breaks
        on
            breaks.metric_id in (spans.metric_id, '*')
            and breaks.subgroup in (spans.subgroup, '*')
            and breaks.entity_type in (spans.entity_type, '*')
            and breaks.entity_id in (spans.entity_id, '*')
            and spans.earlier_school_year < breaks.from_school_year
            and spans.school_year >= breaks.from_school_year
    group by
        spans.metric_id, spans.subgroup, spans.entity_type, spans.entity_id, spans.earlier_school_year,
        spans.school_year
)

-- The rate macro keeps six decimals of its inputs: ten thousand times both is exact for values of ten decimals.
select
    changes.district_id,
    changes.entity_type,
    changes.entity_id,
    changes.school_id,
    changes.school_year,
    changes.fiscal_year,
    changes.earlier_school_year,
    changes.period,
    changes.subgroup,
    changes.breakdown,
    changes.metric_id,
    changes.variant,
    changes.basis,
    changes.value,
    changes.earlier_value,
    changes.change,
    case
        when changes.earlier_value > 0 then {{ rate('(10000 * changes.change)', '(10000 * changes.earlier_value)') }}
    end as relative_change,
    case
        when changes.value is null then 'value_missing'
        when changes.earlier_value is null then 'earlier_value_missing'
        when changes.earlier_value <= 0 then 'base_not_positive'
        else 'computed'
    end as change_status,
    changes.vintage,
    changes.earlier_vintage,
    crossed.break_note is not null as is_across_break,
    crossed.break_note,
    changes.method_version,
    changes.data_through,
    changes.freshness
from changes
left join crossed
    on
        changes.metric_id = crossed.metric_id
        and changes.subgroup = crossed.subgroup
        and changes.entity_type = crossed.entity_type
        and changes.entity_id = crossed.entity_id
        and changes.earlier_school_year = crossed.earlier_school_year
        and changes.school_year = crossed.school_year
