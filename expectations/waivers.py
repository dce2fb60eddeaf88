"""Applying waivers to what rules found.

Belongs here: turning a failure that a live waiver covers into ``waived``, and saying of another that its waiver
expired. Does not belong here: what a waiver is, and which rules may be waived (``ingestion.waivers``, ``rules.yaml``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from expectations.evaluate import FAILED, WAIVED, RuleResult
from ingestion.waivers import Waiver, waiver_for


def apply_waivers(results: Iterable[RuleResult], waivers: Sequence[Waiver], day: date) -> list[RuleResult]:
    """The results as they count on a day; a rule that could not run is never waived."""
    return [_apply(result, waivers, day) if result.status == FAILED else result for result in results]


def _apply(result: RuleResult, waivers: Sequence[Waiver], day: date) -> RuleResult:
    about = (result.rule_id, result.district_id, result.domain, result.school_year)
    waiver = waiver_for(waivers, day, *about)
    if waiver is None:
        return result
    status = WAIVED if waiver.state(day) == "live" else FAILED
    message = "; ".join(part for part in (result.message, waiver.words(day)) if part)
    return replace(result, status=status, message=message)
