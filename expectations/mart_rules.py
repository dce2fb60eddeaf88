"""Door 3's rules: the suites over the marts, and that none of them is missing.

Belongs here: finding each mart's suite, running it, and counting its checks per rule. Does not belong here: what a
suite expects (``suites/``) or what the door does with the results.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb

from expectations.content_hash import quoted
from expectations.evaluate import COULD_NOT_RUN, FAILED, PASSED, RuleResult
from expectations.judged_before import looks_at_own_rows
from expectations.models import ModelInfo
from expectations.receipts import TableContent
from expectations.rules import Registry, Rule
from expectations.suites.checks import MartScene, rule_of
from expectations.validate import CHECK_ID, CheckResult, check_id, open_validator
from ingestion.home import Home

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

SUITES = "expectations.suites"
"""The package in which a mart's suite is looked for, by the mart's name."""

YEARS_OF_MARTS = """
select table_name, min(column_name) filter (where column_name in ('school_year', 'fiscal_year')) as year_column
from information_schema.columns
where starts_with(table_name, 'mart_')
group by table_name
having bool_or(column_name = 'district_id') and year_column is not null
"""
LEFT_OUT_SINCE = """
create temp table gone as
select district_id, school_year
from dim_delivery_status
semi join held_empty using (district_id, domain, school_year)
where state = 'admitted'
group by district_id, school_year
"""


@dataclass(frozen=True)
class MartReport:
    """One mart's checks: what its suite holds, what came back, and what is missing from it."""

    mart: str
    checks: tuple[CheckResult, ...]
    missing: tuple[str, ...]


def judge_marts(
    home: Home,
    registry: Registry,
    models: Sequence[ModelInfo],
    tables: dict[str, TableContent],
    before: dict[str, TableContent],
    drop_share: Decimal,
) -> list[RuleResult]:
    """Run every mart's suite on the build at work; results per rule, and M04 for what did not run.

    Args:
        home: the home.
        registry: the rules.
        models: all models.
        tables: what the build's marts hold.
        before: what those held whose suites passed before; the same rows are not judged twice.
        drop_share: the share of rows that may go from one release to the next.
    """
    manifest = current_manifest(home)
    rows_before = {name: table["rows"] for name, table in manifest.get("tables", {}).items()}
    rows_before |= _rows_of_who_is_left(home)
    with open_validator(home.build_file) as validator:
        reports = []
        for model in [model for model in models if model.is_mart]:
            scene = MartScene(model, rows_before.get(model.name), drop_share)
            suite = load_suite(scene)
            if model.name in before and before[model.name] == tables[model.name] and looks_at_own_rows(suite):
                checks = [CheckResult(check_id(expectation.meta), PASSED) for expectation in suite]
            else:
                checks = validator.check(model.schema, model.name, suite) if suite else []
            reports.append(MartReport(model.name, tuple(checks), missing_checks(model, suite)))
    results = [_result(rule, reports) for rule in registry.expected(3, "suite")]
    return [*results, _all_ran(registry, reports, manifest, set(tables))]


def current_manifest(home: Home) -> dict[str, Any]:
    """The current release's manifest; empty before the first release."""
    path = home.current_release / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _rows_of_who_is_left(home: Home) -> dict[str, int]:
    """Rows of the current release's marts without those of district-years of which a door left something out since.

    That is what the release served, is held now and serves no more. A domain that was never admitted took no row away;
    what is gone beside it did not go without a word. Nothing where nothing was left out.
    """
    path = home.current_release / "collaborative.duckdb"
    with duckdb.connect(str(home.build_file), read_only=True) as connection:
        sql = (
            "select district_id, domain, school_year from build.delivery_status"
            " where is_held and state = 'never_admitted'"
        )
        empty = connection.execute(sql).fetchall()
    if not empty or not path.exists():
        return {}
    with duckdb.connect(str(path.resolve()), read_only=True) as connection:
        connection.execute("create temp table held_empty (district_id varchar, domain varchar, school_year integer)")
        connection.executemany("insert into held_empty values (?, ?, ?)", empty)
        connection.execute(LEFT_OUT_SINCE)
        if not connection.execute("from gone limit 1").fetchall():
            return {}
        marts = connection.execute(YEARS_OF_MARTS).fetchall()
        return {mart: connection.execute(_count_others(mart, year)).fetchall()[0][0] for mart, year in marts}


def _count_others(mart: str, year: str) -> str:
    is_gone = f"m.district_id = gone.district_id and m.{quoted(year)} = gone.school_year"
    return f"select count(*) from {quoted(mart)} as m anti join gone on {is_gone}"


def load_suite(scene: MartScene) -> list[Expectation]:
    """The mart's expectations; none when it has no suite."""
    name = f"{SUITES}.{scene.model.name}"
    if importlib.util.find_spec(name) is None:
        return []
    return importlib.import_module(name).suite(scene)


def missing_checks(model: ModelInfo, suite: Sequence[Expectation]) -> tuple[str, ...]:
    """What a mart's columns ask for and its suite does not hold."""
    columns = {column.name for column in model.columns}
    wanted = {f"M01:{model.name}:rows", f"M02:{model.name}:key"}
    if {"metric_id", "value"} <= columns:
        wanted |= {f"M03:{model.name}:value", f"M06:{model.name}:metric_id"}
    held = {str((expectation.meta or {}).get(CHECK_ID)) for expectation in suite}
    return tuple(sorted(wanted - held))


def _result(rule: Rule, reports: Sequence[MartReport]) -> RuleResult:
    checks = [check for report in reports for check in report.checks if rule_of(check.check_id) == rule.id]
    broken = sorted(check.check_id for check in checks if check.status == COULD_NOT_RUN)
    if broken or not checks:
        reason = f"{', '.join(broken)} raised an error" if broken else "no suite holds a check of it"
        return RuleResult(
            rule.door, rule.id, rule.scope, COULD_NOT_RUN, len(checks), message=f"{rule.id} could not run: {reason}"
        )
    failed = sorted(check.check_id for check in checks if check.status == FAILED)
    message = f"{', '.join(failed)} failed" if failed else ""
    return RuleResult(
        rule.door, rule.id, rule.scope, FAILED if failed else PASSED, len(checks), len(failed), message=message
    )


def _all_ran(
    registry: Registry, reports: Sequence[MartReport], manifest: dict[str, Any], tables: set[str]
) -> RuleResult:
    """M04: every mart's checks are there, and no rule or mart of the current release has gone without a word."""
    rule = registry.rule("M04")
    missing = [check_id for report in reports for check_id in report.missing]
    known = {known.id for known in registry.rules} | set(registry.retired)
    gone = [before["id"] for before in manifest.get("rules", []) if before["id"] not in known]
    lost = sorted(set(manifest.get("tables", {})) - tables - set(registry.retired))
    at_fault = [*missing, *gone, *lost]
    n_checked = sum(len(report.checks) for report in reports) + len(at_fault)
    message = f"missing: {', '.join(at_fault)}" if at_fault else ""
    return RuleResult(
        rule.door, rule.id, rule.scope, FAILED if at_fault else PASSED, n_checked, len(at_fault), message=message
    )
