"""A ratio of what is there already is a row of two tables: no SQL and no Python changes."""

import shutil
from decimal import Decimal

import duckdb

from tests.dbt_project import dbt_runs
from tests.dbt_project.small_collaborative import CAMBRIDGE

RATIO = "OP.X01,made_up,PPE.D02/state_functional/numerator,PPE.D03/state_functional/numerator,false,false\n"
METRIC = "OP.X01,In-district share,operations,x,%,100,N,ratio_of_sums,none,,Dollars,Dollars,,,G,1\n"
NEEDED = ("metric_ratio", "metric_dictionary", "dim_metric", "int_operations__measure", "int_operations__input")


def test_new_ratio__is_a_row_of_the_dictionary_and_a_row_of_ratios(built_file, tmp_path):
    project = tmp_path / "dbt_project"
    shutil.copytree(dbt_runs.DBT_PROJECT, project)
    for name, row in (("metric_ratio", RATIO), ("metric_dictionary", METRIC)):
        with (project / "seeds" / "conformed" / f"{name}.csv").open("a", encoding="utf-8") as file:
            file.write(row)
    copy = shutil.copy(built_file, tmp_path / "warehouse.duckdb")
    selected = ("--select", *NEEDED, "measure_operations", "--exclude-resource-type", "unit_test")
    result = dbt_runs.run_dbt(copy, tmp_path, "build", *selected, project=project)
    assert result.success, dbt_runs.describe_failures(result)
    with duckdb.connect(str(copy), read_only=True) as connection:
        found = connection.execute(
            "select district_id, value, numerator, basis from measures.measure_operations"
            " where metric_id = 'OP.X01' and basis = 'computed'"
        ).fetchall()
    assert found == [(CAMBRIDGE, Decimal("0.8561623967"), Decimal("182112161.560000"), "computed")]
