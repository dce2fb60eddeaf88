-- A figure is restated where its year was over, or where a ledger was corrected that reaches no further than before:
-- else figures of a year at work grow with each night. What releases before said of it stays, as long as anything but
-- a state's reports serves its district and year. Of a year of which anything was destroyed nothing is told, nor of the
-- whole collaborative then: what its figures lost is what the destroyed ones were.
with years as (
    select periods.school_year, periods.ends_on < earlier_release.as_of as is_over
    from {{ ref('dim_period') }} as periods
    cross join {{ source('build', 'earlier_release') }} as earlier_release
    where periods.period = 'year'
),

earlier as (
    select {{ figure_hash() }} as figure, {{ said_hash() }} as said
    from {{ source('build', 'earlier_figures') }}
    where basis = 'computed' and school_year in (select years.school_year from years)
),

later as (
    select {{ figure_hash() }} as figure, {{ said_hash() }} as said
    from {{ ref('fct_metric_value') }}
    where basis = 'computed' and school_year in (select years.school_year from years)
),

changed as (
    select earlier.figure
    from earlier
    left join later on earlier.figure = later.figure
    where earlier.said is distinct from later.said
),

{% for side, relation in [
    ('before', source('build', 'earlier_figures')), ('after', ref('fct_metric_value'))
] %}
said_{{ side }} as (
    select *, {{ figure_hash() }} as figure from {{ relation }}
    where basis = 'computed' and {{ figure_hash() }} in (select changed.figure from changed)
),
{% endfor %}

compared as (
    select
        said_before.district_id,
        said_before.metric_id,
        said_before.variant,
        said_before.entity_type,
        said_before.entity_id,
        said_before.school_year,
        said_before.period,
        said_before.subgroup,
        said_before.breakdown,
        {% for column in ['value', 'numerator', 'denominator', 'n'] %}
        said_before.{{ column }} as {{ column }}_before,
        said_after.{{ column }} as {{ column }}_after,
        {% endfor %}
        said_before.value_status as value_status_before,
        coalesce(said_after.value_status, 'absent') as value_status_after,
        case
            when not earlier_release.is_selection_known then 'unknown'
            when inputs.is_ledger_changed and metrics.domain in ('finance', 'operations') then 'ledger_restated'
            when inputs.district_id is not null then 'input_restated'
            when earlier_release.is_defined_alike then 'input_elsewhere'
            else 'definition'
        end as reason,
        inputs.changed_extracts,
        inputs.delivery_ids_before,
        inputs.delivery_ids_after,
        earlier_release.as_of as as_of_before,
        build_info.as_of as as_of_after,
        earlier_release.release_id as release_id_before,
        build_info.build_id as build_id_after,
        years.is_over,
        inputs.is_ledger_corrected
    from said_before
    inner join years on said_before.school_year = years.school_year
    left join said_after on said_before.figure = said_after.figure
    left join {{ ref('dim_metric') }} as metrics on said_before.metric_id = metrics.metric_id
    left join {{ ref('int_restatement__changed_input') }} as inputs
        on said_before.district_id = inputs.district_id and said_before.school_year = inputs.school_year
    cross join {{ source('build', 'earlier_release') }} as earlier_release
    cross join {{ source('build', 'build_info') }} as build_info
),

restated as (
    select {{ restated_columns() }} from {{ source('build', 'earlier_restated') }}
    union all
    select {{ restated_columns() }} from compared
    where is_over or (reason = 'ledger_restated' and is_ledger_corrected)
),

served as (
    select district_id, school_year from {{ source('build', 'selection') }}
    where contract <> 'state_reported_measures'
    group by district_id, school_year
),

destroyed as (
    select district_id, school_year from {{ source('build', 'earlier_destroyed') }}
    union all
    select '_all' as district_id, school_year from {{ source('build', 'earlier_destroyed') }}
)

select restated.*
from restated
left join served on restated.district_id = served.district_id and restated.school_year = served.school_year
left join destroyed
    on restated.district_id = destroyed.district_id and restated.school_year = destroyed.school_year
where (restated.district_id = '_all' or served.district_id is not null) and destroyed.district_id is null
