-- Dollars are cast before the two bases are united: DuckDB would keep the smaller scale of two wide decimals.
with lines as (
    select
        district_id,
        school_year,
        cast(sum(case when is_in_district then amount_usd end) as decimal(38, 6)) as in_district_usd,
        cast(sum(case when not is_in_district then amount_usd end) as decimal(38, 6)) as out_of_district_usd
    from {{ ref('fct_eoyr_expenditure') }}
    group by district_id, school_year
),

printed_rows as (
    select *, coalesce(numerator, cast(value * denominator as decimal(38, 6))) as amount_usd
    from {{ ref('fct_reported_value') }}
    where
        is_current and variant = 'state_functional' and period = 'year' and subgroup = 'all' and breakdown = 'all'
        and metric_id in ('PPE.D02', 'PPE.D03', 'PPE.N01', 'PPE.N03') and value_status <> 'not_reported'
),

printed as (
    select
        district_id,
        entity_type,
        entity_id,
        school_year,
        max(case when metric_id = 'PPE.D02' then amount_usd end) as in_district_usd,
        max(case when metric_id = 'PPE.D03' then amount_usd end) as total_usd,
        cast(max(case when metric_id = 'PPE.N01' then value end) as decimal(38, 6)) as in_district_fte,
        cast(max(case when metric_id = 'PPE.N03' then value end) as decimal(38, 6)) as total_fte,
        count(distinct case when metric_id in ('PPE.D02', 'PPE.D03') then metric_id end) as n_printed_totals
    from printed_rows
    group by district_id, entity_type, entity_id, school_year
),

totals as (
    select
        lines.district_id,
        'district' as entity_type,
        lines.district_id as entity_id,
        lines.school_year,
        'computed' as basis,
        lines.in_district_usd,
        lines.in_district_usd + lines.out_of_district_usd as total_usd,
        printed.in_district_fte,
        printed.total_fte
    from lines
    left join printed
        on
            lines.district_id = printed.district_id
            and lines.school_year = printed.school_year
            and printed.entity_type = 'district'
    union all
    select
        district_id,
        entity_type,
        entity_id,
        school_year,
        'implied' as basis,
        in_district_usd,
        total_usd,
        in_district_fte,
        total_fte
    from printed
    where n_printed_totals = 2
)

select
    district_id,
    entity_type,
    entity_id,
    school_year,
    basis,
    in_district_usd,
    total_usd,
    in_district_fte,
    total_fte
from totals
