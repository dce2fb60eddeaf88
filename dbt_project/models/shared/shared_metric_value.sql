with published as (
    select * from {{ ref('mart_metric_value') }} where basis = 'reported'
),

metrics as (
    select metric_id, disclosure from {{ ref('dim_metric') }}
),

shown as (
    select
        published.* replace (
            case when metrics.disclosure = 'none' then published.numerator end as numerator,
            case when metrics.disclosure = 'none' then published.denominator end as denominator,
            case when metrics.disclosure = 'none' then published.n end as n
        )
    from published
    inner join metrics on published.metric_id = metrics.metric_id
)

select {{ figure_columns() }} from shown

union all

-- Computed figures as they were frozen when they were last published; never tonight's.
select {{ figure_columns() }} from {{ source('build', 'published_figures') }}
