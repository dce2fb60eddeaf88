"""Door 1: who is admitted, per district, domain and school year.

Belongs here: joining what was found while reading with what the rules' SQL finds in the candidates, into verdicts.
Does not belong here: which slots make up a candidate, and recording an admission (``ingestion.admission``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass

from expectations.evaluate import COULD_NOT_RUN, FAILED, NOTHING_TO_CHECK, PASSED, RuleResult, run_rules
from expectations.judge import judge
from expectations.receipts import RuleStatus
from expectations.rules import Registry, Rule
from ingestion.admission import Verdict
from ingestion.candidates import Candidate, candidate_of, candidate_slots, candidates, open_candidates
from ingestion.collaborative import Collaborative
from ingestion.home import Home
from ingestion.ledger import Ledger, Row


@dataclass(frozen=True)
class Evidence:
    """What is known about tonight's candidates: per candidate its new deliveries, and every rule's results."""

    deliveries: dict[Candidate, tuple[str, ...]]
    results: tuple[RuleResult, ...]


def judge_candidates(home: Home, ledger: Ledger, registry: Registry, collaborative: Collaborative) -> list[Verdict]:
    """A verdict for each candidate, and the results of the SQL rules in the ledger.

    A rule that could not run holds every candidate: nobody is admitted unchecked.
    """
    waiting = candidates(ledger)
    if not waiting:
        return []
    deliveries = _new_deliveries(ledger, waiting)
    with closing(open_candidates(home, ledger, collaborative)) as connection:
        found = run_rules(connection, registry, 1)
    evidence = Evidence(deliveries, (*_read_results(ledger, registry, deliveries), *found))
    statuses = {status.id: status for status in judge(home.work, registry.expected(1), evidence.results)}
    _record(ledger, deliveries, found)
    return [_verdict(candidate, registry, statuses, evidence.results) for candidate in waiting]


def _new_deliveries(ledger: Ledger, waiting: Iterable[Candidate]) -> dict[Candidate, tuple[str, ...]]:
    deliveries: dict[Candidate, set[str]] = {candidate: set() for candidate in waiting}
    for slot in candidate_slots(ledger):
        if slot["is_new"]:
            deliveries[candidate_of(slot)].add(slot["delivery_id"])
    return {candidate: tuple(sorted(ids)) for candidate, ids in deliveries.items()}


def _read_results(ledger: Ledger, registry: Registry, deliveries: dict[Candidate, tuple[str, ...]]) -> list[RuleResult]:
    """What reading found about each candidate's new deliveries; a rule without a finding could not run."""
    every = sorted({delivery for ids in deliveries.values() for delivery in ids})
    findings = {delivery: ledger.rule_results(delivery) for delivery in every}
    return [
        _worst_reading(rule, candidate, [row for delivery in ids for row in _of_rule(rule, findings[delivery])], ids)
        for rule in registry.expected(1, "reading")
        for candidate, ids in deliveries.items()
    ]


def _of_rule(rule: Rule, findings: Sequence[Row]) -> list[Row]:
    """The findings that speak of the file; a refused row is lost to the file, not a fault of it."""
    return [row for row in findings if row["rule_id"] == rule.id and row["scope"] == rule.scope]


def _worst_reading(rule: Rule, candidate: Candidate, rows: Sequence[Row], deliveries: Sequence[str]) -> RuleResult:
    missing = {row["subject"] for row in rows} != set(deliveries)
    status = PASSED if rows else NOTHING_TO_CHECK
    if missing and not rule.may_be_empty:
        status = COULD_NOT_RUN
    elif any(row["status"] != PASSED for row in rows):
        status = FAILED
    message = f"{rule.id} could not run: no finding came with the delivery" if status == COULD_NOT_RUN else ""
    n_checked = sum(row["n_checked"] for row in rows)
    n_failed = sum(row["n_failed"] for row in rows) if status == FAILED else 0
    return RuleResult(rule.door, rule.id, rule.scope, status, n_checked, n_failed, *candidate, message=message)


def _record(ledger: Ledger, deliveries: dict[Candidate, tuple[str, ...]], results: Iterable[RuleResult]) -> None:
    """Keep the SQL rules' results with each delivery that they judged."""
    fields = ("door", "rule_id", "scope", "district_id", "domain", "school_year", "n_checked", "n_failed", "status")
    rows = []
    for result in results:
        row = {field: getattr(result, field) for field in fields}
        rows += [{**row, "subject": delivery} for delivery in _judged(result, deliveries)]
    ledger.record_rule_results(rows)


def _judged(result: RuleResult, deliveries: dict[Candidate, tuple[str, ...]]) -> Sequence[str]:
    if result.district_id is None:
        return sorted({delivery for ids in deliveries.values() for delivery in ids})
    return deliveries.get(Candidate(result.district_id, str(result.domain), int(result.school_year or 0)), ())


def _verdict(
    candidate: Candidate, registry: Registry, statuses: dict[str, RuleStatus], results: Sequence[RuleResult]
) -> Verdict:
    for rule in registry.expected(1):
        own = [result for result in results if _concerns(result, rule, candidate)]
        reason = _reason_to_hold(rule, own) or _reason_to_doubt(rule, statuses[rule.id], results)
        if reason:
            return Verdict(*candidate, admitted=False, rule_id=rule.id, reason=reason)
    return Verdict(*candidate, admitted=True)


def _concerns(result: RuleResult, rule: Rule, candidate: Candidate) -> bool:
    own = (result.district_id, result.domain, result.school_year) == tuple(candidate)
    return result.rule_id == rule.id and (result.district_id is None or own)


def _reason_to_hold(rule: Rule, results: Sequence[RuleResult]) -> str | None:
    """Why a rule holds a candidate; None when it does not."""
    broken = [result.message for result in results if result.status == COULD_NOT_RUN]
    if broken:
        return f"{broken[0]}. Could not run is not passed. {rule.what_to_do}"
    failed = [result for result in results if result.status == FAILED]
    if failed and rule.severity == "error":
        n_failed, n_checked = (sum(getattr(result, name) for result in failed) for name in ("n_failed", "n_checked"))
        return f"{rule.id} failed: {n_failed} of {n_checked}. {rule.why} {rule.what_to_do}"
    return None


def _reason_to_doubt(rule: Rule, status: RuleStatus, results: Sequence[RuleResult]) -> str | None:
    """A rule whose results could not be validated, though none of them says so itself, holds everybody."""
    explained = any(result.rule_id == rule.id and result.status == COULD_NOT_RUN for result in results)
    if status.status == COULD_NOT_RUN and not explained:
        return f"{rule.id} could not run: its results could not be validated. {rule.what_to_do}"
    return None
