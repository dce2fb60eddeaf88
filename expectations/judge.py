"""From results to verdicts: one status per expected rule, read back through Great Expectations.

Belongs here: writing the ``rule_results`` table, validating it with one expectation per expected rule, and joining
both into a status. Does not belong here: running rules, receipts, and what a door does with a status.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from expectations.evaluate import COULD_NOT_RUN, FAILED, NOTHING_TO_CHECK, PASSED, WAIVED, RuleResult, Status
from expectations.receipts import RuleStatus
from expectations.rules import Rule
from expectations.validate import CHECK_ID, open_validator

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

WORST_FIRST: tuple[Status, ...] = (COULD_NOT_RUN, FAILED, WAIVED, PASSED, NOTHING_TO_CHECK)

RULE_RESULTS = """
create table main.rule_results (
    door integer, rule_id varchar, scope varchar, district_id varchar, domain varchar, school_year integer,
    n_checked bigint, n_failed bigint, status varchar
)
"""

RULE_BLOCKS = """
select rule_id
from (
    select
        '{rule_id}' as rule_id,
        count(*) as n_results,
        count(*) filter (
            where status in ('failed', 'could_not_run') or (n_failed > 0 and status <> 'waived')
        ) as n_bad
    from {{batch}}
    where rule_id = '{rule_id}'
)
where n_results = 0 or n_bad > 0
"""


def judge(work: Path, rules: Sequence[Rule], results: Sequence[RuleResult]) -> list[RuleStatus]:
    """One status for each expected rule, whether or not it left a result.

    Args:
        work: a folder for the short-lived file that Great Expectations reads.
        rules: the rules that must have run.
        results: what they found.
    """
    verdicts = _validate(work, rules, results)
    by_rule: dict[str, list[RuleResult]] = defaultdict(list)
    for result in results:
        by_rule[result.rule_id].append(result)
    return [_status(rule, by_rule[rule.id], verdicts) for rule in rules]


def _status(rule: Rule, results: list[RuleResult], verdicts: dict[str, str]) -> RuleStatus:
    status = _worst(results)
    if verdicts[rule.id] != (FAILED if status in (FAILED, COULD_NOT_RUN) else PASSED):
        status = COULD_NOT_RUN
    return RuleStatus(
        id=rule.id,
        status=status,
        severity=rule.severity,
        may_be_empty=rule.may_be_empty,
        n_checked=sum(result.n_checked for result in results),
        n_failed=sum(result.n_failed for result in results),
    )


def _worst(results: list[RuleResult]) -> Status:
    found = {result.status for result in results}
    for status in WORST_FIRST:
        if status in found:
            return status
    return COULD_NOT_RUN


def _validate(work: Path, rules: Sequence[Rule], results: Sequence[RuleResult]) -> dict[str, str]:
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work, prefix="rule_results-") as folder:
        path = Path(folder) / "results.duckdb"
        _write(path, results)
        with open_validator(path) as validator:
            checked = validator.check("main", "rule_results", [_expectation(rule) for rule in rules])
    return {result.check_id: result.status for result in checked}


def _write(path: Path, results: Sequence[RuleResult]) -> None:
    import pyarrow as pa

    fields = ("door", "rule_id", "scope", "district_id", "domain", "school_year", "n_checked", "n_failed", "status")
    with duckdb.connect(str(path)) as connection:
        connection.execute(RULE_RESULTS)
        if results:
            rows = pa.table({field: [getattr(result, field) for result in results] for field in fields})
            connection.register("rows", rows)
            connection.execute("insert into main.rule_results by name select * from rows")


def _expectation(rule: Rule) -> Expectation:
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation
    from great_expectations.expectations.metadata_types import FailureSeverity

    return UnexpectedRowsExpectation(
        unexpected_rows_query=RULE_BLOCKS.format(rule_id=rule.id),
        severity=FailureSeverity.CRITICAL if rule.severity == "error" else FailureSeverity.WARNING,
        meta={CHECK_ID: rule.id},
    )
