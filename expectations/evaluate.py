"""Running a door's SQL rules into rows of results.

Belongs here: executing each rule's SQL and saying passed, failed, nothing to check or could not run, per district.
Does not belong here: judging the results (``validate``, ``doors``) or the rules themselves (``rules/``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import duckdb

from expectations.rules import Registry, Rule

Status = Literal["passed", "failed", "waived", "could_not_run", "nothing_to_check"]

PASSED: Status = "passed"
FAILED: Status = "failed"
WAIVED: Status = "waived"
"""Failed, and somebody answers for it until a day: it keeps no door shut."""
COULD_NOT_RUN: Status = "could_not_run"
NOTHING_TO_CHECK: Status = "nothing_to_check"

COUNTS = ("district_id", "n_checked", "n_failed")
SLOT = ("domain", "school_year")


@dataclass(frozen=True)
class RuleResult:
    """What one rule found in one district; never a row or a value.

    A rule's SQL may return a ``message`` of its own (which file, which extract, how many); one that passed has none.
    """

    door: int
    rule_id: str
    scope: str
    status: Status
    n_checked: int = 0
    n_failed: int = 0
    district_id: str | None = None
    domain: str | None = None
    school_year: int | None = None
    message: str = ""


def run_rules(connection: duckdb.DuckDBPyConnection, registry: Registry, door: int) -> list[RuleResult]:
    """Run every SQL rule of a door; a rule that cannot run yields a result that says so.

    Args:
        connection: the candidates (door 1) or the build file (door 2).
        registry: the rules.
        door: 1 or 2.
    """
    return [result for rule in registry.expected(door, "sql") for result in run_rule(connection, registry, rule)]


def run_rule(connection: duckdb.DuckDBPyConnection, registry: Registry, rule: Rule) -> list[RuleResult]:
    """Run one rule."""
    sql_file = registry.sql_file(rule)
    if not sql_file.exists():
        return [could_not_run(rule, "its SQL file is missing")]
    try:
        reader = connection.execute(sql_file.read_text(encoding="utf-8"))
        columns = [column[0] for column in reader.description or []]
        rows = [dict(zip(columns, row, strict=True)) for row in reader.fetchall()]
    except duckdb.Error as error:
        # DuckDB's message may quote a row: only the kind of error is told.
        return [could_not_run(rule, f"{type(error).__name__} in {sql_file.name}")]
    missing = [name for name in (*COUNTS, *(SLOT if rule.door == 1 else ())) if name not in columns]
    if missing:
        return [could_not_run(rule, f"{sql_file.name} does not return {', '.join(missing)}")]
    if any(row["district_id"] is None or row["n_checked"] is None or row["n_failed"] is None for row in rows):
        return [could_not_run(rule, f"{sql_file.name} returns an empty district_id or count")]
    if not sum(row["n_checked"] for row in rows) and not sum(row["n_failed"] for row in rows):
        return [nothing_to_check(rule)]
    return [_result(rule, row) for row in rows]


def could_not_run(rule: Rule, reason: str) -> RuleResult:
    """The result of a rule that could not be evaluated."""
    return RuleResult(rule.door, rule.id, rule.scope, COULD_NOT_RUN, message=f"{rule.id} could not run: {reason}")


def nothing_to_check(rule: Rule) -> RuleResult:
    """The result of a rule that found nothing to check; blocks unless the registry allows it."""
    if rule.may_be_empty:
        return RuleResult(rule.door, rule.id, rule.scope, NOTHING_TO_CHECK)
    return could_not_run(rule, "there was nothing to check")


def _result(rule: Rule, row: dict) -> RuleResult:
    return RuleResult(
        rule.door,
        rule.id,
        rule.scope,
        FAILED if row["n_failed"] else PASSED,
        int(row["n_checked"]),
        int(row["n_failed"]),
        row["district_id"],
        row.get("domain"),
        row.get("school_year"),
        (row.get("message") or "") if row["n_failed"] else "",
    )
