"""A topic is one file of the collaborative: its figures and questions are there, and no SQL and no Python changes."""

import shutil

import duckdb

from ingestion.configuration import compile_configuration
from ingestion.home import Home
from tests.dbt_project.dbt_runs import run_dbt
from tests.dbt_project.small_collaborative import CAMBRIDGE
from tests.ingestion.delivered_files import load_little

MONEY = """topic: money
title: Money
questions:
  - What does a pupil cost?
metrics: [PPE.D03]
context: [PPE.N03]
breakdowns: []
"""


def test_new_topic__is_a_file_of_the_collaborative(built_file, tmp_path):
    copy = shutil.copy(built_file, tmp_path / "warehouse.duckdb")
    little = load_little(tmp_path / "c", **{"topics/money.yaml": MONEY})
    compiled = compile_configuration(little, Home(tmp_path / "home")).folder
    with duckdb.connect(str(copy)) as connection:
        assert connection.execute("select count(*) from marts.mart_topic").fetchone() == (0,)
        for table in ("topics", "topic_metrics", "topic_breakdowns"):
            view = f"create or replace view collaborative.{table} as from '{compiled / f'{table}.parquet'}'"
            connection.execute(view)
    shutil.copytree(built_file.parent / "target", tmp_path / "target")
    result = run_dbt(copy, tmp_path, "run", "--select", "dim_topic", "mart_topic")
    assert result.success, result.exception
    with duckdb.connect(str(copy), read_only=True) as connection:
        found = connection.execute(
            "select topic, role, metric_id, entity_id, variant from marts.mart_topic "
            f"where entity_id = '{CAMBRIDGE}' and variant = 'state_functional' and basis = 'reported' order by place"
        ).fetchall()
        questions = connection.execute("select title, questions from conformed.dim_topic").fetchall()
    assert found == [
        ("money", "metric", "PPE.D03", CAMBRIDGE, "state_functional"),
        ("money", "context", "PPE.N03", CAMBRIDGE, "state_functional"),
    ]
    assert questions == [("Money", "What does a pupil cost?")]
