"""``python -m synthetic.bench.bare_spending BUILD OUT``: ledger lines to spending and equity, as bare SQL.

Reads the same ledger, chart and budget as a build, and what does not come from the ledger as the build has it:
membership, groups of pupils, counted weights, what states print, the configuration. Central cost is shared by each
pool's driver, to the cent. No tests, and no states of what is missing but NULL: the floor under the models.

Belongs here: that SQL. Does not belong here: measuring, and what the models do (``spending.py``).
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

_LEDGER = """
create temp table account as
with line as (
    select district_id, school_year, account_id, school_id, sum(amount_usd) as usd, sum(abs(amount_usd)) as gross_usd
    from build.landing.gl_actuals group by all
)
select l.district_id, l.school_year, l.account_id, coalesce(l.school_id, c.school_id) as school_id,
    case
        when c.account_type in ('revenue', 'balance') then 'not_spending'
        when coalesce(c.mapped_by, 'unmapped') = 'unmapped' then 'unmapped'
        when e.shown_as is not null then e.shown_as
        when c.ppe_treatment <> 'include' then 'unmapped'
        when coalesce(l.school_id, c.school_id) is null then 'central'
        when s.school_id is null then 'unknown_school'
        else 'site'
    end as placement,
    c.mapped_by, c.fund, c.fund_type, c.source, c.state_function, c.ppe_treatment, left(c.nces_object, 1) as class,
    left(c.nces_function, 2) as function, coalesce(c.allocation_pool, 'general') as pool, l.usd, l.gross_usd
from line l
left join build.staging.stg_district__chart_of_accounts c using (district_id, school_year, account_id)
left join build.collaborative.ppe_exclusions e on c.ppe_treatment = e.ppe_treatment
left join build.conformed.dim_school s
    on l.district_id = s.district_id and coalesce(l.school_id, c.school_id) = s.school_id;
create temp table weight as
select district_id, school_year, 'adm' as driver, school_id, adm_weight as weight
from build.conformed.int_spending__membership
union all
select district_id, school_year, driver, school_id, weight from build.conformed.int_spending__counted_weight
where driver <> 'salaries'
union all
select district_id, school_year, 'salaries', school_id, sum(usd)::decimal(38, 10)
from account semi join (
    select district_id, school_year, school_id from build.conformed.int_spending__membership
    where adm is distinct from 0
) as taught using (district_id, school_year, school_id)
where placement = 'site' and class = '1' group by all
union all
select district_id, school_year, driver, school_id, weight::decimal(38, 10) from build.collaborative.allocation_weights;
create temp table pool as
select a.district_id, a.school_year, a.pool, a.source = 'federal' as is_federal, a.source,
    a.class in ('1', '2') as is_personnel, coalesce(d.driver, 'adm') as driver, sum(a.usd) as usd
from account a
left join build.collaborative.allocation_drivers d
    on a.pool = d.allocation_pool and coalesce(d.district_id, a.district_id) = a.district_id
    and a.school_year between coalesce(d.from_school_year, 0) and coalesce(d.to_school_year, 9999)
where placement = 'central' group by all;
create temp table share as
with share as (
    select p.*, w.school_id, (abs(p.usd) * 100)::hugeint as cents,
        (w.weight * 10000000000)::hugeint as part, (sum(w.weight) over cell * 10000000000)::hugeint as parts
    from pool p join weight w using (district_id, school_year, driver)
    window cell as (partition by district_id, school_year, pool, source, is_personnel)
),
ranked as (
    select *, cents - sum(cents * part // parts) over cell as cents_left,
        row_number() over (cell order by cents * part % parts desc, school_id) as place
    from share
    window cell as (partition by district_id, school_year, pool, source, is_personnel)
)
select district_id, school_year, school_id, pool, source, is_federal, is_personnel, driver,
    sign(usd) * (cents * part // parts + (place <= cents_left)::int)::decimal(18, 0) * 0.01 as usd
from ranked;
create temp table school as
with part as (
    select district_id, school_year, school_id, true as is_site, source = 'federal' as is_federal,
        class in ('1', '2') as is_personnel, usd
    from account where placement = 'site'
    union all
    select district_id, school_year, school_id, false, is_federal, is_personnel, usd from share
),
total as (
    select district_id, school_year, school_id,
        sum(usd) filter (where is_site and is_federal) as s01,
        sum(usd) filter (where is_site and not is_federal) as s02,
        sum(usd) filter (where not is_site and is_federal) as s03,
        sum(usd) filter (where not is_site and not is_federal) as s04,
        sum(usd) as s05, sum(usd) filter (where is_personnel) as s06, sum(usd) filter (where not is_personnel) as s07
    from part group by all
)
select total.*, m.adm::double as adm from total
left join build.conformed.int_spending__membership m using (district_id, school_year, school_id);
"""
_FIGURES = """
create temp table district as
with spent as (
    select district_id, school_year, sum(usd) as included, sum(usd) filter (where placement = 'site') as site,
        sum(usd) filter (where class = '2') as benefits, sum(usd) filter (where function = '26') as plant,
        sum(usd) filter (where function in ('23', '25')) as office
    from account where placement in ('site', 'central') group by all
)
select spent.*, pupils.adm
from spent left join (
    select district_id, school_year, case when count(*) = count(adm) then sum(adm) end as adm from school group by all
) as pupils using (district_id, school_year);
create temp table figure as
with known as (
    unpivot (from school) on s01, s02, s03, s04, s05, s06, s07 into name metric value usd
)
select district_id, school_year, school_id as unit, metric, 'adm' as basis, usd, adm as pupils, usd / adm as value
from known
union all
select district_id, school_year, district_id, metric, 'adm', usd, over, usd / nullif(over, 0)
from district, lateral (
    values ('s08', site, included), ('d01', included, adm), ('d06', benefits, adm), ('d07', benefits, included),
        ('d14', office, included), ('fm05', plant, adm)
) as of_district (metric, usd, over);
insert into figure
with counted as (
    select district_id, school_year, school_id as unit, n_pupils as pupils
    from build.conformed.int_spending__autumn_count
    union all
    select district_id, school_year, district_id, sum(n_pupils)
    from build.conformed.int_spending__autumn_count group by all
)
select f.district_id, f.school_year, f.unit, f.metric, 'october_count', f.usd, c.pupils, f.usd / nullif(c.pupils, 0)
from figure f join counted c using (district_id, school_year, unit) where metric in ('s05', 'd01', 'd06', 'fm05');
insert into figure
select f.district_id, f.school_year, f.unit, f.metric || '_real', f.basis, f.usd, f.pupils,
    f.value * p.base_sum_of_months / p.sum_of_months
from figure f join build.conformed.int_spending__price_index p using (school_year)
where basis = 'adm' and metric in ('s05', 'd01')
union all
select f.district_id, f.school_year, f.unit, f.metric || '_wages', f.basis, f.usd, f.pupils, f.value / c.cost_index
from figure f join build.conformed.int_spending__cost_index c using (district_id, school_year)
where basis = 'adm' and metric = 'd01';
insert into figure
with weighted as (
    select s.district_id, s.school_year, s.school_id as unit, s.s05 as usd,
        any_value(s.adm) + sum(w.weight * g.adm) as pupils
    from school s
    join build.conformed.int_student__group_membership g using (district_id, school_year, school_id)
    join build.collaborative.need_weights w
        on g.subgroup = w.subgroup
        and s.school_year between coalesce(w.from_school_year, 0) and coalesce(w.to_school_year, 9999)
    group by all
)
select district_id, school_year, unit, 'd17', 'need', usd, pupils, usd / nullif(pupils, 0) from weighted;
create temp table balance as
select district_id, school_year, sum(usd) as ledger,
    sum(usd) filter (where placement in ('site', 'central')) as included,
    sum(usd) filter (where placement = 'excluded') as excluded,
    sum(usd) filter (where placement = 'out_of_district') as elsewhere
from account where placement <> 'not_spending' group by all;
create temp table coverage as
select district_id, school_year, fund, mapped_by, ppe_treatment, sum(usd) as usd, sum(gross_usd) as gross_usd
from account where placement <> 'not_spending' group by all;
create temp table variance as
with budget as (
    select b.district_id, b.school_year, c.state_function, b.amount_usd as budget, 0 as actual
    from build.landing.gl_budget b
    join build.staging.stg_district__chart_of_accounts c using (district_id, school_year, account_id)
    where c.account_type = 'expenditure' and c.fund_type = 'general'
    qualify row_number() over (
        partition by b.district_id, b.school_year, b.account_id order by b.version = 'amended' desc, b.version_date desc
    ) = 1
    union all
    select district_id, school_year, state_function, 0, usd from account
    where fund_type = 'general' and placement <> 'not_spending'
)
select district_id, school_year, state_function, sum(actual) - sum(budget) as over, sum(budget) as budget
from budget group by grouping sets ((1, 2, 3), (1, 2));
"""
_EQUITY = """
create temp table unit as
with known as (
    select f.district_id, f.school_year, f.unit, f.value, f.pupils, f.usd, s.school_type as span, n.value as need
    from figure f
    left join build.conformed.dim_school s on f.district_id = s.district_id and f.unit = s.school_id
    left join build.measures.measure_population_shares n
        on n.district_id = f.district_id and n.school_year = f.school_year and n.entity_id = f.unit
        and n.subgroup = 'low_income'
    where f.basis = 'adm' and f.metric in ('s05', 'd01') and f.pupils > 0
)
select *, 'all' as compared, district_id as within from known where span is not null
union all select *, span, district_id from known where span is not null
union all select *, coalesce(span, 'districts'), '_all' from known;
create temp table equity as
with placed as (
    select *, sum(pupils) over (whole order by value, unit rows unbounded preceding) as so_far,
        sum(pupils) over whole as n_all, sum(usd) over whole / sum(pupils) over whole as mean
    from unit window whole as (partition by within, school_year, compared)
),
marked as (
    select *, min(case when 2 * so_far >= n_all then value end) over whole as median
    from placed window whole as (partition by within, school_year, compared)
)
select within, school_year, compared, count(*) as n,
    sqrt(sum(pupils * (value - mean) ** 2) / sum(pupils)) / any_value(mean) as cv,
    sum(usd) filter (where value < median) / sum(pupils * median) filter (where value < median) as mcloone,
    sum(usd) filter (where value > median) / sum(pupils * median) filter (where value > median) as verstegen,
    sum(usd * (2 * so_far - pupils - n_all)) / (sum(usd) * sum(pupils)) as gini,
    min(value) filter (where 20 * so_far >= 19 * n_all) / min(value) filter (where 20 * so_far >= n_all) - 1 as ratio,
    (sum(usd * need) / sum(pupils * need)) / (sum(usd * (1 - need)) / sum(pupils * (1 - need))) as exposure,
    (sum(pupils * need * value) - sum(pupils * need) * sum(pupils * value) / sum(pupils))
        / (sum(pupils * need * need) - sum(pupils * need) ** 2 / sum(pupils)) as slope
from marked group by all having count(*) >= 5;
create temp table high_low as
with placed as (
    select *, sum(pupils) over (whole order by need, unit rows unbounded preceding) as so_far,
        sum(pupils) over whole as n_all
    from unit where need is not null window whole as (partition by within, school_year, compared)
)
select within, school_year, compared,
    sum(usd) filter (where so_far > 0.75 * n_all) / sum(pupils) filter (where so_far > 0.75 * n_all)
    / (sum(usd) filter (where so_far <= 0.25 * n_all) / sum(pupils) filter (where so_far <= 0.25 * n_all)) as ratio
from placed group by all;
create temp table quadrant as
with joined as (
    select u.*, f.metric_id, f.variant, f.value as outcome
    from unit u join build.marts.fct_metric_value f
        on u.district_id = f.district_id and u.unit = f.entity_id and u.school_year = f.school_year
    join build.collaborative.quadrant_outcomes q on f.metric_id = q.metric_id and f.breakdown = q.breakdown
    where f.period = 'year' and f.subgroup = 'all' and u.need is not null
),
line as (
    select *, regr_slope(value, need) over whole as slope, regr_intercept(value, need) over whole as base,
        regr_slope(outcome, need) over whole as outcome_slope, regr_intercept(outcome, need) over whole as outcome_base
    from joined window whole as (partition by within, school_year, compared, metric_id, variant)
)
select *, (value - base - slope * need) / nullif(stddev_pop(value - base - slope * need) over whole, 0) as z,
    (outcome - outcome_base - outcome_slope * need)
    / nullif(stddev_pop(outcome - outcome_base - outcome_slope * need) over whole, 0) as outcome_z
from line window whole as (partition by within, school_year, compared, metric_id, variant);
"""
RESULTS = ("account", "share", "school", "figure", "balance", "coverage", "variance", "equity", "high_low", "quadrant")


def run(build: Path, out: Path) -> None:
    """Count everything, and write each result as Parquet."""
    connection = duckdb.connect()
    connection.execute(f"set temp_directory = '{out}/spill'; set memory_limit = '1GB'; set threads = 2")
    connection.execute(f"attach '{build}' as build (read_only)")
    for step in (_LEDGER, _FIGURES, _EQUITY):
        connection.execute(step)
    for table in RESULTS:
        connection.execute(f"copy {table} to '{out}/{table}.parquet' (format parquet, compression zstd)")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
