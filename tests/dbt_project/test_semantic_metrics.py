"""A metric asked of MetricFlow is the mart's and the tall fact's, to the last digit; several are the ratio of sums."""

import shutil
from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest

from tests.dbt_project.dbt_runs import run_dbt
from tests.dbt_project.semantic_metrics import PAGE, PROJECT, build_metrics, metric_name, ratio_metrics
from tests.dbt_project.small_collaborative import CAMBRIDGE, CAMBRIDGE_SCHOOL, SOMERVILLE

KEY = ("district_id", "entity_type", "entity_id", "school_year", "period", "subgroup", "breakdown", "variant", "basis")
SLICE = tuple(name for name in KEY if name not in ("district_id", "entity_id"))
IDS = [row["metric_id"] for row in ratio_metrics()]
AT_ONCE = 25
"""Metrics in one query of MetricFlow."""

PLANTED = f"""
insert into marts.fct_metric_value by name
with planted as (
    select metric_id, 3 + 2 * row_number() over (order by metric_id) as number
    from conformed.dim_metric where aggregation = 'ratio_of_sums'
),
places (place, district_id, entity_type, entity_id, subgroup, hidden) as (
    values
        (1, '{CAMBRIDGE}', 'district', '{CAMBRIDGE}', 'all', false),
        (2, '{SOMERVILLE}', 'district', '{SOMERVILLE}', 'all', false),
        (3, '{CAMBRIDGE}', 'school', '{CAMBRIDGE_SCHOOL}', 'all', false),
        (4, '{CAMBRIDGE}', 'district', '{CAMBRIDGE}', 'male', false),
        (5, '{SOMERVILLE}', 'district', '{SOMERVILLE}', 'male', true)
)
select
    metric_id, district_id, entity_type, entity_id, 2018 as school_year, 'year' as period, subgroup, 'all' as breakdown,
    'planted' as variant, 'reported' as basis, if(hidden, 'suppressed', 'reported') as value_status,
    if(hidden, null, number + place) as numerator,
    if(hidden, null, 7 * place) as denominator,
    if(hidden, null, round((number + place)::decimal(9, 2) / (7 * place), 2)) as value
from planted cross join places
"""
"""For every metric two districts that may be added, a school in one, and a group that one of them hides.

Values are rounded, as a state prints them: a figure alone is the printed one.
"""


@pytest.fixture(scope="module")
def released(built_file, tmp_path_factory):
    """A file as a release's, with a figure of every metric."""
    folder = tmp_path_factory.mktemp("release")
    build = shutil.copy(built_file, folder / "build.duckdb")
    with duckdb.connect(str(build)) as connection:
        connection.execute(PLANTED)
    with duckdb.connect(str(folder / "release.duckdb")) as connection:
        connection.execute(f"attach '{build}' as build (read_only)")
        connection.execute("use build")
        for table in ("marts.mart_metric_value", "marts.fct_metric_value", "conformed.dim_period"):
            connection.execute(f"create table release.main.{table.split('.')[1]} as from {table}")
    return folder / "release.duckdb"


@pytest.fixture(scope="module")
def ask(released, tmp_path_factory):
    """A function that asks MetricFlow for metrics by dimensions: rows by metric and the dimensions' values."""
    from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
    from metricflow.protocols.sql_client import SqlEngine
    from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
    from metricflow_semantics.model.dbt_manifest_parser import parse_manifest_from_dbt_generated_manifest
    from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

    class Renderer:
        sql_engine_type = SqlEngine.DUCKDB
        sql_plan_renderer = DuckDbSqlPlanRenderer()

    folder = tmp_path_factory.mktemp("semantic")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCHOOLSTAT_RELEASE_FILE", str(released))
        patch.setenv("SCHOOLSTAT_SEMANTIC_FILE", str(folder / "semantic.duckdb"))
        result = run_dbt(folder / "unused.duckdb", folder, "build", project=PROJECT)
    assert result.success, result.exception
    parsed = parse_manifest_from_dbt_generated_manifest((folder / "target" / "semantic_manifest.json").read_text())
    engine = MetricFlowEngine(SemanticManifestLookup(parsed), Renderer())

    def ask(metric_ids, dimensions):
        names = {metric_name(metric_id): metric_id for metric_id in metric_ids}
        wanted = [f"figure__{name}" for name in dimensions]
        request = MetricFlowQueryRequest.create(metric_names=list(names), group_by_names=wanted)
        found = connection.sql(engine.explain(request).sql_statement.sql)
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
        keys = [tuple(row[name] for name in wanted) for row in rows]
        return {(names[n], *key): row[n] for row, key in zip(rows, keys, strict=True) for n in names}

    with duckdb.connect(str(folder / "semantic.duckdb")) as connection:
        connection.execute(f"attach '{released}' as release (read_only)")
        yield lambda dimensions, ids=IDS: {
            key: value
            for start in range(0, len(ids), AT_ONCE)
            for key, value in ask(ids[start : start + AT_ONCE], dimensions).items()
        }


def read(released, table):
    with duckdb.connect(str(released), read_only=True) as connection:
        sql = f"select metric_id, {', '.join(KEY)}, value, numerator, denominator from {table}"
        return [row for row in connection.execute(sql).fetchall() if row[0] in IDS]


def shown(figures):
    return {key: value for key, value in figures.items() if value is not None}


def test_semantic_metrics__are_made_of_the_dictionary():
    again = "write it again: PYTHONPATH=. python -m tests.dbt_project.semantic_metrics"
    assert PAGE.read_text(encoding="utf-8") == build_metrics(), again


def test_each_figure__is_the_same_asked_of_metricflow_the_mart_and_the_tall_fact(released, ask):
    fact = {row[:-3]: row[-3] for row in read(released, "fct_metric_value")}
    mart = {row[:-3]: row[-3] for row in read(released, "mart_metric_value")}
    assert {key[0] for key in shown(fact)} == set(IDS)
    assert fact == mart
    assert shown(ask(KEY)) == shown(fact)


def test_figures_of_one_slice__are_the_ratio_of_their_sums_and_nothing_where_a_part_is_unknown(released, ask):
    places = defaultdict(list)
    for metric_id, *key, value, numerator, denominator in read(released, "fct_metric_value"):
        of_slice = tuple(part for name, part in zip(KEY, key, strict=True) if name in SLICE)
        places[(metric_id, *of_slice)].append((value, numerator, denominator))
    found = ask(SLICE)
    assert shown(found) == shown({key: add(rows) for key, rows in places.items()})
    together = [key for key, rows in places.items() if len(rows) > 1 and found[key] is not None]
    assert {key[0] for key in together} == set(IDS)
    hidden = [key for key in places if "male" in key]
    assert len(hidden) == len(IDS) and not any(found[key] for key in hidden)


def add(rows) -> Decimal | None:
    """One figure as it is; more as numerators over denominators, to ten digits, half up."""
    if len(rows) == 1:
        return rows[0][0]
    if any(None in row[1:] for row in rows) or not sum(row[2] for row in rows):
        return None
    ratio = Fraction(sum(row[1] for row in rows)) / Fraction(sum(row[2] for row in rows))
    return Decimal((ratio * 10**10 + Fraction(1, 2)).__floor__()).scaleb(-10)


def test_figures_of_two_slices__are_nothing(ask):
    some = IDS[:AT_ONCE]
    found = ask(("school_year",), some)
    assert [found[metric_id, 2018] for metric_id in some] == [None] * len(some)
