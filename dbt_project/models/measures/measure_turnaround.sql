-- How long half of what was done took at most, and nine of ten: the smallest time that so many reach. And how many
-- corrective work orders are open still.
with years as (
    select school_year, starts_on from {{ ref('dim_period') }} where period = 'year'
),

done as (
    select
        cases.*,
        case
            when date_diff('month', years.starts_on, cases.done_month) between 0 and 11
                then 'q' || (date_diff('month', years.starts_on, cases.done_month) // 3 + 1)
        end as quarter_name
    from {{ ref('int_operations__turnaround') }} as cases
    left join years on cases.school_year = years.school_year
    where {{ in_build_scope('cases') }}
),

periods as (
    select *, 'year' as period from done
    union all
    select *, quarter_name as period from done where quarter_name is not null
    union all
    select *, strftime(done_month, '%Y-%m') as period from done
),

percentiles as (
    {% for percent in [50, 90] %}
    select
        district_id,
        school_year,
        period,
        case kind when 'ticket' then 'OP.IT04' else 'OP.FM04' end as metric_id,
        'p{{ percent }}' as variant,
        quantile_disc(amount, {{ percent }} / 100.0) as value,
        count(*) as n
    from periods
    group by district_id, school_year, period, kind
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

open_orders as (
    select
        district_id,
        school_year,
        'year' as period,
        'OP.FM04b' as metric_id,
        'district_records' as variant,
        count(*) filter (where completed_date is null) as value,
        count(*) as n
    from {{ ref('stg_district__work_orders') }}
    where order_type = 'corrective' and {{ in_build_scope('stg_district__work_orders') }}
    group by district_id, school_year
),

figures as (
    select * from percentiles
    union all
    select * from open_orders
)

select
    district_id,
    'district' as entity_type,
    district_id as entity_id,
    school_year,
    period,
    'all' as subgroup,
    'all' as breakdown,
    metric_id,
    variant,
    cast(value as decimal(38, 10)) as value,
    {{ no_interval() }},
    cast(null as decimal(38, 6)) as numerator,
    cast(null as decimal(38, 6)) as denominator,
    cast(n as decimal(38, 6)) as n,
    'computed' as basis,
    cast(null as varchar) as vintage,
    'computed' as value_status,
    'operations' as domain,
    cast(null as date) as data_through
from figures
