"""From a rule's SQL to its result: what counts as passed, failed and could not run."""

import duckdb
import pytest

from expectations.evaluate import RuleResult, run_rule
from expectations.judge import judge
from expectations.rules import load_registry

SOUND = "select 'x' as district_id, 2017 as school_year, 'finance' as domain, 3 as n_checked, 0 as n_failed"


def run(tmp_path, sql: str | None, rule_id: str = "Q04", door: int = 1):
    registry = load_registry().model_copy(update={"folder": tmp_path})
    rule = registry.rule(rule_id)
    if sql is not None:
        path = registry.sql_file(rule)
        path.parent.mkdir(parents=True)
        path.write_text(sql, encoding="utf-8")
    with duckdb.connect() as connection:
        return [(result.status, result.n_checked, result.n_failed) for result in run_rule(connection, registry, rule)]


@pytest.mark.parametrize(
    ("sql", "result"),
    [
        (SOUND, ("passed", 3, 0)),
        (SOUND.replace("0 as n_failed", "1 as n_failed"), ("failed", 3, 1)),
        (SOUND.replace("3 as n_checked", "0 as n_checked"), ("could_not_run", 0, 0)),
        (SOUND.replace("0 as n_failed", "null as n_failed"), ("could_not_run", 0, 0)),
        (SOUND.replace("3 as n_checked", "null as n_checked"), ("could_not_run", 0, 0)),
        (SOUND.replace("'x' as district_id", "null as district_id"), ("could_not_run", 0, 0)),
        (SOUND.replace("2017 as school_year, ", ""), ("could_not_run", 0, 0)),
        (SOUND.replace(", 0 as n_failed", ""), ("could_not_run", 0, 0)),
        (f"{SOUND} where false", ("could_not_run", 0, 0)),
        ("select * from nowhere", ("could_not_run", 0, 0)),
        (None, ("could_not_run", 0, 0)),
    ],
)
def test_evaluate__a_rules_sql(tmp_path, sql, result):
    assert run(tmp_path, sql) == [result]


def test_evaluate__nothing_to_check_where_the_registry_allows_it(tmp_path):
    sql = "select 'x' as district_id, 0 as n_checked, 0 as n_failed"
    assert run(tmp_path, sql, "F05") == [("nothing_to_check", 0, 0)]


def test_judge__one_status_for_each_expected_rule(tmp_path):
    registry = load_registry()
    failed = RuleResult(2, "F05", "district", "failed", 2, 1, "x")
    passed = RuleResult(2, "F05", "district", "passed", 2, 0, "y")
    statuses = judge(tmp_path, registry.expected(2), [failed, passed])
    assert [(status.id, status.status, status.blocks) for status in statuses] == [
        (rule_id, "failed" if rule_id == "F05" else "could_not_run", True)
        for rule_id in sorted(rule.id for rule in registry.expected(2))
    ]
    (counted,) = [status for status in statuses if status.id == "F05"]
    assert (counted.n_checked, counted.n_failed) == (4, 1)
