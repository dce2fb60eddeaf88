"""The models over a small collaborative: worked figures, states of absence, and what dbt leaves behind."""

import shutil
from datetime import date
from decimal import Decimal

import duckdb

from tests.dbt_project.build_file import write_build_file
from tests.dbt_project.dbt_runs import AFTER_DOOR_2, BEFORE_DOOR_2, DBT_PROJECT, run_dbt
from tests.dbt_project.small_collaborative import ACUSHNET, CAMBRIDGE, CAMBRIDGE_SCHOOL, SOMERVILLE, small_collaborative


def figures(built, district: str, basis: str) -> dict[str, Decimal]:
    rows = built.execute(
        "select metric_id, breakdown, value from marts.mart_per_pupil_spending where district_id = ? and basis = ?",
        [district, basis],
    ).fetchall()
    return {metric if breakdown == "all" else breakdown: value for metric, breakdown, value in rows}


def test_models__reproduce_cambridge_2017_from_its_lines(built):
    computed = figures(built, CAMBRIDGE, "computed")
    assert round(computed["PPE.D02"], 4) == Decimal("27359.7791")
    assert round(computed["PPE.D03"], 4) == Decimal("29206.4285")
    assert round(computed["function=teachers"], 4) == Decimal("8717.4589")
    assert computed["PPE.D08"] == Decimal("30595336.77")
    assert round(computed["PPE.D09"], 4) == Decimal("0.1438")


def test_models__functions_sum_to_in_district_spending(built):
    sums = built.execute(
        """
        select
            sum(numerator) filter (where metric_id = 'PPE.D04'), sum(numerator) filter (where metric_id = 'PPE.D02'),
            count(*) filter (where metric_id = 'PPE.D04')
        from marts.fct_metric_value where basis = 'computed'
        """
    ).fetchone()
    assert sums == (Decimal("182112161.56"), Decimal("182112161.56"), 10)


def test_models__imply_somerville_2017_from_printed_rates(built):
    implied = figures(built, SOMERVILLE, "implied")
    assert round(implied["PPE.D08"], 2) == Decimal("15486012.35")
    assert set(implied) == {"PPE.D08", "PPE.D09", "of=PPE.D02", "of=PPE.D03"}


def test_models__each_figure_says_whose_family_and_pupils(built):
    """An adjusted figure is over the pupils of the figure that it is of; shares and counts are over none."""
    found = built.execute(
        """
        select metric_id, breakdown, ppe_family, denominator_basis from marts.mart_per_pupil_spending
        where basis = 'computed' and district_id = ? and breakdown not like 'function=%' order by all
        """,
        [CAMBRIDGE],
    ).fetchall()
    family = "state_functional"
    assert found == [
        ("PPE.D02", "all", family, "state_fte"),
        ("PPE.D03", "all", family, "state_total_fte"),
        ("PPE.D08", "all", family, None),
        ("PPE.D09", "all", family, None),
        ("PPE.D14", "all", family, None),
        ("PPE.D15", "of=PPE.D02", family, "state_fte"),
        ("PPE.D15", "of=PPE.D03", family, "state_total_fte"),
    ]
    shared = built.execute(
        "select metric_id, denominator_basis from shared.shared_per_pupil_spending group by all order by all"
    ).fetchall()
    assert dict(shared) == {
        "PPE.D02": "state_fte", "PPE.D03": "state_total_fte", "PPE.N01": None, "PPE.N02": None, "PPE.N03": None,
    }  # fmt: skip


def test_models__absence_is_a_state(built):
    assert figures(built, ACUSHNET, "computed") == {}
    suppressed = built.execute(
        "select value, value_status from marts.mart_metric_value where district_id = ? and metric_id = 'PPE.N02'",
        [ACUSHNET],
    ).fetchall()
    assert suppressed == [(None, "suppressed")]


def test_models__wide_mart_repeats_the_long_one(built):
    wide = built.execute(
        """
        select teachers_ppe_usd, total_ppe_usd, out_of_district_usd, out_of_district_fte_status
        from marts.mart_per_pupil_spending_wide where district_id = ? and basis = 'computed'
        """,
        [CAMBRIDGE],
    ).fetchone()
    computed = figures(built, CAMBRIDGE, "computed")
    assert wide == (computed["function=teachers"], computed["PPE.D03"], Decimal("30595336.77"), "absent")


def test_models__shared_marts_hold_reported_figures_alone(built):
    for mart, n_rows in (("shared_per_pupil_spending", 20), ("shared_metric_value", 23)):
        bases = built.execute(f"select basis, count(*) from shared.{mart} group by basis").fetchall()
        assert bases == [("reported", n_rows)]


def test_models__each_family_has_its_long_mart(built):
    in_each = [
        built.execute(f"select count(*) from marts.{mart}").fetchone()[0]
        for mart in (
            "mart_metric_value",
            "mart_per_pupil_spending",
            "mart_student_support",
            "mart_operations_kpi",
            "mart_equity",
        )
    ]
    assert in_each[0] == sum(in_each[1:])
    assert in_each[2:] == [2, 1, 10]


def test_models__a_school_row_is_dated_and_judged_by_the_domain_that_delivered_it(built):
    rows = built.execute(
        """
        select metric_id, entity_id, school_id, fiscal_year, data_through, freshness, value_status
        from marts.mart_metric_value where variant = 'ma_dese' order by metric_id
        """
    ).fetchall()
    day = date(2017, 6, 1)
    assert rows == [
        ("OP.HR06", CAMBRIDGE, None, 2017, day, "stale", "reported"),
        ("SS.A03", CAMBRIDGE_SCHOOL, CAMBRIDGE_SCHOOL, 2017, day, "fresh", "reported"),
        ("SS.B01", CAMBRIDGE_SCHOOL, CAMBRIDGE_SCHOOL, 2017, day, "fresh", "suppressed"),
    ]


def test_models__every_table_and_column_carries_its_meaning(built):
    blank = built.execute(
        """
        select schema_name || '.' || table_name || '.' || column_name from duckdb_columns()
        where schema_name in ('staging', 'conformed', 'measures', 'marts', 'shared') and coalesce(comment, '') = ''
        union all
        select schema_name || '.' || table_name from duckdb_tables()
        where schema_name in ('conformed', 'measures', 'marts', 'shared') and coalesce(comment, '') = ''
        """
    ).fetchall()
    assert blank == []


def test_models__released_tables_lie_in_the_order_of_their_key(built, manifest):
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    tables = [node for node in nodes if node["contract"]["enforced"] and node["config"]["materialized"] == "table"]
    keys = {f"{node['schema']}.{node['name']}": ", ".join(node["config"]["meta"]["key"]) for node in tables}
    rows = {name: built.execute(f"select {key} from {name}").fetchall() for name, key in keys.items()}
    assert [name for name in rows if rows[name] != sorted(rows[name])] == []
    assert all(len(rows[name]) > 20 for name in ("marts.fct_metric_value", "shared.shared_metric_value"))


def test_models__a_build_file_opens_under_any_name(built_file, tmp_path):
    shutil.copy(built_file, tmp_path / "renamed.duckdb")
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'renamed.duckdb'}' as another (read_only)")
        assert connection.execute("select count(*) > 0 from another.marts.mart_metric_value").fetchone() == (True,)


def test_models__every_node_is_built_in_exactly_one_invocation(tmp_path):
    def names(*select) -> list[str]:
        result = run_dbt(tmp_path / "warehouse.duckdb", tmp_path, "list", *select, "--output", "selector")
        assert result.success, result.exception
        return sorted(line for line in result.result if not line.startswith(("source:", "exposure:")))

    before, after = names("--select", *BEFORE_DOOR_2), names("--select", *AFTER_DOOR_2)
    assert before and after
    assert sorted(before + after) == names()


def test_models__dbt_writes_beside_the_build_and_not_into_its_project(built_file):
    assert (built_file.parent / "target" / "manifest.json").is_file()
    assert (built_file.parent / "logs" / "dbt.log").is_file()
    left = [name for name in ("logs", "dbt_packages", "package-lock.yml", ".user.yml") if (DBT_PROJECT / name).exists()]
    assert left == []


def test_models__faulty_inputs_fail_their_tests(tmp_path):
    rows = small_collaborative()
    common = {"school_year": 2017, "delivery_id": "d-state-2017"}
    rows["landing.state_reported_measures"] += [
        {**common, "district_id": "99990000", "entity_id": "99990000", "metric_id": "PPE.D02", "value": 1},
        {**common, "district_id": CAMBRIDGE, "entity_id": CAMBRIDGE, "metric_id": "PPE.X99", "value": 1},
        {**common, "district_id": CAMBRIDGE, "entity_id": CAMBRIDGE, "metric_id": "PPE.N01", "value": 1},
        {**common, "district_id": CAMBRIDGE, "entity_id": "MA", "metric_id": "PPE.D04", "entity_type": "state"},
        {**common, "district_id": CAMBRIDGE, "entity_id": CAMBRIDGE, "metric_id": "PPE.D08", "value_status": "lost"},
    ]
    rows["landing.state_reported_measures"].append(
        {**common, "district_id": CAMBRIDGE, "entity_id": "00499999", "metric_id": "PPE.D02", "entity_type": "school"}
    )
    rows["collaborative.schools"] += [
        {"school_id": CAMBRIDGE_SCHOOL, "district_id": SOMERVILLE, "name": "Twice"},
        {"school_id": "99990001", "district_id": "99990000", "name": None},
    ]
    rows["collaborative.entity_succession"] = [{"kind": "split", "predecessor_id": "A", "school_year": 2017}] * 2
    rows["collaborative.series_breaks"] = [{"metric_id": "PPE.X99", "from_school_year": 2017}] * 2
    rows["collaborative.spending_families"] = [{"variant": "essa", "ppe_family": "federal"}] * 2
    rows["landing.eoyr_report"][0]["state_function"] = "unheard_of"
    rows["landing.eoyr_report"][1]["line_item"] = None
    rows["collaborative.thresholds"] = []
    path = write_build_file(tmp_path / "warehouse.duckdb", rows, tmp_path / "parquet")
    assert run_dbt(path, tmp_path, "seed").success and run_dbt(path, tmp_path, "run").success
    result = run_dbt(path, tmp_path, "test", "--exclude-resource-type", "unit_test")
    failed = {item.node.name for item in result.result if item.failures}
    assert failed >= {
        "stg_district__eoyr_report__key",
        "stg_state__reported_measures__key",
        "brg_entity_succession__key",
        "brg_entity_succession__kind_accepted",
        "dim_delivery_status__never_null",
        "dim_school__district_id_known",
        "dim_school__never_null",
        "dim_school__one_district_per_school",
        "dim_series_break__key",
        "dim_series_break__metric_id_known",
        "dim_series_break__never_null",
        "dim_spending_family__key",
        "dim_spending_family__ppe_family_known",
        "fct_eoyr_expenditure__key",
        "fct_eoyr_expenditure__never_null",
        "fct_reported_value__district_id_known",
        "fct_reported_value__entity",
        "fct_reported_value__key",
        "fct_reported_value__metric_id_known",
        "fct_reported_value__never_null",
        "fct_reported_value__value_status_accepted",
        "fct_metric_value__entity",
        "fct_metric_value__metric_id_known",
        "fct_metric_value__never_null",
        "fct_metric_value__school_id_known",
        "fct_metric_value__value_status",
        "fct_metric_value__value_status_accepted",
    }
