"""Door 1: who is admitted, per district, domain and school year.

Belongs here: joining what was found while reading with what the rules' SQL finds in the candidates, into verdicts.
Does not belong here: which slots make up a candidate, and recording an admission (``ingestion.admission``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from expectations.evaluate import COULD_NOT_RUN, FAILED, NOTHING_TO_CHECK, PASSED, WAIVED, RuleResult, run_rules
from expectations.judge import judge
from expectations.receipts import RuleStatus
from expectations.rules import NOT_PASSED, Registry, Rule
from expectations.waivers import apply_waivers
from ingestion.admission import Verdict
from ingestion.candidates import Candidate, candidate_of, candidate_slots, open_candidates
from ingestion.collaborative import Collaborative
from ingestion.home import Home
from ingestion.ledger import Ledger, Row

_TABLE = re.compile(r"\bcandidate\.(\w+)")


@dataclass(frozen=True)
class Evidence:
    """What is known about tonight's candidates: per candidate its new deliveries, and every rule's results."""

    deliveries: dict[Candidate, tuple[str, ...]]
    results: tuple[RuleResult, ...]


def judge_candidates(home: Home, ledger: Ledger, registry: Registry, collaborative: Collaborative) -> list[Verdict]:
    """A verdict for each candidate, and the results of the SQL rules in the ledger.

    What door 2 held and would come up again in a district-year without anything new was read and judged before; what
    else serves beside it may have changed since. So it gets a verdict when an SQL rule refuses it. What door 1 held is
    judged in full again; what it was found at fault for stays with its delivery as it was told then.

    A rule that could not run holds every candidate: nobody is admitted unchecked. They wait on, so that the next night
    judges them; nothing is kept of what the other rules said until all have run.
    """
    slots = candidate_slots(ledger)
    deliveries = _new_deliveries(slots)
    if not deliveries:
        return []
    with closing(open_candidates(home, ledger, collaborative, _tables_read(registry), slots)) as connection:
        found = apply_waivers(run_rules(connection, registry, 1), collaborative.waivers, collaborative.today())
    evidence = Evidence(deliveries, (*_read_results(ledger, registry, deliveries), *found))
    statuses = {status.id: status for status in judge(home.work, registry.expected(1), evidence.results)}
    warns = {rule.id for rule in registry.expected(1) if rule.severity == "warn"}
    by_rule = _by_rule_and_candidate(evidence.results)
    doubts = {rule.id: _reason_to_doubt(rule, statuses[rule.id], evidence.results) for rule in registry.expected(1)}
    have_run = not any(doubts.values()) and all(result.status != COULD_NOT_RUN for result in found)
    if have_run:
        _record(ledger, _new_deliveries(slot for slot in slots if not slot["was_held"]), found, warns)
    others = sorted({candidate_of(slot) for slot in slots} - set(deliveries))
    verdicts = [_verdict(candidate, registry, by_rule, doubts) for candidate in [*deliveries, *others]]
    told = [verdict for verdict in verdicts if verdict.candidate in deliveries or not verdict.admitted]
    return [replace(verdict, is_judged=have_run or verdict.admitted) for verdict in told]


def _tables_read(registry: Registry) -> set[str]:
    """Names of the candidates' tables that some rule's SQL names."""
    files = [registry.sql_file(rule) for rule in registry.expected(1, "sql")]
    return {name for file in files if file.exists() for name in _TABLE.findall(file.read_text(encoding="utf-8"))}


def _new_deliveries(slots: Iterable[Row]) -> dict[Candidate, tuple[str, ...]]:
    deliveries: dict[Candidate, set[str]] = defaultdict(set)
    for slot in slots:
        if slot["is_new"]:
            deliveries[candidate_of(slot)].add(slot["delivery_id"])
    return {candidate: tuple(sorted(ids)) for candidate, ids in sorted(deliveries.items())}


def _read_results(ledger: Ledger, registry: Registry, deliveries: dict[Candidate, tuple[str, ...]]) -> list[RuleResult]:
    """What reading found about each candidate's new deliveries; a rule without a finding could not run."""
    every = sorted({delivery for ids in deliveries.values() for delivery in ids})
    findings: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for delivery in every:
        for row in ledger.rule_results(delivery):
            findings[delivery, row["rule_id"]].append(row)
    results = []
    for rule in registry.expected(1, "reading"):
        choose = _about_the_district if rule.scope == "district" else _about_the_file
        for candidate, ids in deliveries.items():
            rows = [row for delivery in ids for row in choose(rule, candidate, findings[delivery, rule.id])]
            results.append(_worst_reading(rule, candidate, rows, ids))
    return results


def _about_the_file(rule: Rule, candidate: Candidate, findings: Sequence[Row]) -> list[Row]:
    """The findings that speak of the file; a refused row is lost to the file, not a fault of it."""
    del candidate
    return [row for row in findings if row["scope"] == rule.scope]


def _about_the_district(rule: Rule, candidate: Candidate, findings: Sequence[Row]) -> list[Row]:
    """What stands against the candidate's own district and year; nothing, where its file was checked, is a pass."""
    own = [
        row
        for row in findings
        if row["scope"] == rule.scope
        and row["district_id"] == candidate.district_id
        and row["school_year"] in (None, candidate.school_year)
    ]
    return own or [row for row in findings if row["scope"] == "row" and row["status"] == PASSED]


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


def _record(
    ledger: Ledger,
    deliveries: dict[Candidate, tuple[str, ...]],
    results: Iterable[RuleResult],
    warns: Collection[str] = (),
) -> None:
    """Keep the SQL rules' results with each delivery that they judged; what warns or is waived stands on its card."""
    fields = ("door", "rule_id", "scope", "district_id", "domain", "school_year", "n_checked", "n_failed", "status")
    fields += ("message",)
    rows = []
    for result in results:
        row = {field: getattr(result, field) for field in fields}
        is_told = result.status == WAIVED or (result.rule_id in warns and result.status == FAILED)
        row["severity"] = "warning" if is_told else None
        rows += [{**row, "subject": delivery} for delivery in _judged(result, deliveries)]
    ledger.record_rule_results(rows)


def _judged(result: RuleResult, deliveries: dict[Candidate, tuple[str, ...]]) -> Sequence[str]:
    candidate = _candidate_of(result)
    if candidate is None:
        return sorted({delivery for ids in deliveries.values() for delivery in ids})
    return deliveries.get(candidate, ())


def _candidate_of(result: RuleResult) -> Candidate | None:
    """The candidate that a result is about; None when it concerns everybody."""
    if result.district_id is None:
        return None
    return Candidate(result.district_id, str(result.domain), int(result.school_year or 0))


Found = Mapping[tuple[str, Candidate | None], Sequence[RuleResult]]
"""Results by rule and candidate; those that concern everybody stand under None."""


def _by_rule_and_candidate(results: Iterable[RuleResult]) -> Found:
    found: dict[tuple[str, Candidate | None], list[RuleResult]] = defaultdict(list)
    for result in results:
        found[result.rule_id, _candidate_of(result)].append(result)
    return found


def _verdict(candidate: Candidate, registry: Registry, found: Found, doubts: Mapping[str, str | None]) -> Verdict:
    """The verdict on a candidate, with every rule that holds it: who corrects one must not find the next tomorrow."""
    reasons: dict[str, str] = {}
    for rule in registry.expected(1):
        own = [*found.get((rule.id, None), ()), *found.get((rule.id, candidate), ())]
        reason = _reason_to_hold(rule, own) or doubts[rule.id]
        if reason:
            reasons[rule.id] = reason
    if reasons:
        return Verdict(*candidate, admitted=False, rule_id=", ".join(reasons), reason="; ".join(reasons.values()))
    return Verdict(*candidate, admitted=True)


def _reason_to_hold(rule: Rule, results: Sequence[RuleResult]) -> str | None:
    """Why a rule holds a candidate; None when it does not. A rule about a row has held that row, and nothing else."""
    broken = [result.message for result in results if result.status == COULD_NOT_RUN]
    if broken:
        return f"{broken[0]}. {NOT_PASSED}"
    failed = [result for result in results if result.status == FAILED]
    if failed and rule.severity == "error" and rule.scope != "row":
        n_failed, n_checked = (sum(getattr(result, name) for result in failed) for name in ("n_failed", "n_checked"))
        told = "; ".join(dict.fromkeys(result.message for result in failed if result.message))
        what = f" ({told})" if told else ""
        return f"{rule.id} failed: {n_failed} of {n_checked}{what}. {rule.why} {rule.what_to_do}"
    return None


def _reason_to_doubt(rule: Rule, status: RuleStatus, results: Sequence[RuleResult]) -> str | None:
    """A rule whose results could not be validated, though none of them says so itself, holds everybody."""
    explained = any(result.rule_id == rule.id and result.status == COULD_NOT_RUN for result in results)
    if status.status == COULD_NOT_RUN and not explained:
        return f"{rule.id} could not run: its results could not be validated. {NOT_PASSED}"
    return None
