"""Who is at fault at door 2, and what stands although it fails: a fault of a few costs no other its night.

Belongs here: whether few enough are at fault, and what stays of what the last release holds. Does not belong here: the
rules, and holding anybody (``orchestration.steps``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from expectations.evaluate import FAILED, WAIVED, RuleResult
from expectations.rules import Registry
from expectations.waivers import STANDS
from ingestion.home import ALL_DISTRICTS, Home
from ingestion.ledger import Ledger
from ingestion.selection import current_selection
from ingestion.since_release import serves_as_released

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative

FAILS_SINCE = (
    "it stands in the last release, where the rule did not hold it, and nothing new of the district serves that fails: "
    "correct it, waive the rule or revoke the delivery"
)
"""What is said of what a rule that may be waived fails since it became stricter, or since its waiver was taken away."""


def find_blamed(blocking: Collection[RuleResult]) -> frozenset[str]:
    """The districts at fault; none if any failure is nobody's in particular."""
    districts = frozenset(result.district_id for result in blocking if result.district_id)
    is_anybodys = all(
        result.scope == "district" and result.district_id not in (None, ALL_DISTRICTS) for result in blocking
    )
    return districts if is_anybodys else frozenset()


def are_few(ledger: Ledger, collaborative: Collaborative, districts: Collection[str]) -> bool:
    """Whether so many of the districts that serve may be at fault; of more it is the rule, the mapping or the code.

    One may be, however few serve, unless it is all of them.
    """
    serving = current_selection(ledger, roster=collaborative.district_ids)["district_id"].unique().to_pylist()
    n_serving = len({*serving} - {ALL_DISTRICTS})
    most = max(1, collaborative.thresholds["door_2_blame_share"] * n_serving)
    return len(districts) <= most and len(districts) < n_serving


def let_stand(
    home: Home, ledger: Ledger, collaborative: Collaborative, registry: Registry, results: Sequence[RuleResult]
) -> list[RuleResult]:
    """The results, where what a district already serves in the last release may fail a rule that may be waived.

    There is nothing newer to hold, and readers have it; so it is told each night. Not where more than few districts
    begin to fail: then figures may be wrong that were right when they were released. What stood in the last release
    is none of these.
    """
    blocking = [row for row in results if row.status == FAILED and registry.rule(row.rule_id).severity == "error"]
    waivable = {rule.id for rule in registry.expected(2) if rule.waivable}
    failing = {row.district_id for row in blocking if row.district_id and row.rule_id in waivable}
    unchanged = {district for district in failing if serves_as_released(home, ledger, district)}
    may_stand = [row for row in blocking if row.rule_id in waivable and row.district_id in unchanged]
    stood = _stood_before(home, ledger)
    anew = [row for row in blocking if row not in may_stand or (row.rule_id, row.district_id) not in stood]
    blamed = find_blamed(anew)
    if anew and not (blamed and are_few(ledger, collaborative, blamed)):
        return list(results)
    return [_stand(row) if row in may_stand else row for row in results]


def _stood_before(home: Home, ledger: Ledger) -> set[tuple[str, str | None]]:
    """The failures, by rule and district, that stand in the last release."""
    released = ledger.released_build(home.current_release)
    rows = ledger.rule_results(released["build_id"]) if released else []
    standing = (row for row in rows if row["status"] == WAIVED and row["message"].endswith((STANDS, FAILS_SINCE)))
    return {(row["rule_id"], row["district_id"]) for row in standing}


def find_standing(results: Sequence[RuleResult]) -> tuple[str, ...]:
    """A sentence for each failure that stands, as the night's summary tells it."""
    return tuple(
        f"{row.rule_id} failed in {row.district_id} ({row.message})"
        for row in results
        if row.status == WAIVED and row.message.endswith((STANDS, FAILS_SINCE))
    )


def _stand(row: RuleResult) -> RuleResult:
    return replace(row, status=WAIVED, message="; ".join(part for part in (row.message, FAILS_SINCE) if part))
