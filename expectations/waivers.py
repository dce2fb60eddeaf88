"""Applying waivers to what rules found.

Belongs here: turning a failure that a live waiver covers into ``waived``, and saying of another that its waiver
expired. Does not belong here: what a waiver is, and which rules may be waived (``ingestion.waivers``, ``rules.yaml``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date

from expectations.evaluate import FAILED, WAIVED, RuleResult
from ingestion.waivers import Waiver, waiver_for

STANDS = "it stands in the last release as it was waived then, and nothing new of the district serves that fails"
"""What is said where a waiver is over and there is nothing newer to hold."""


def apply_waivers(
    results: Iterable[RuleResult],
    waivers: Sequence[Waiver],
    day: date,
    stands: Callable[[str, str], bool] = lambda *_: False,
) -> list[RuleResult]:
    """The results as they count on a day; a rule that could not run is never waived.

    Args:
        results: what the rules found.
        waivers: the collaborative's.
        day: the day.
        stands: whether a district serves just what the last release did, in which a rule was waived for it. The expired
            waiver then holds what comes next of the district, and costs nobody else the night.
    """
    return [_apply(result, waivers, day, stands) if result.status == FAILED else result for result in results]


def _apply(result: RuleResult, waivers: Sequence[Waiver], day: date, stands: Callable[[str, str], bool]) -> RuleResult:
    about = (result.rule_id, result.district_id, result.domain, result.school_year)
    waiver = waiver_for(waivers, day, *about)
    if waiver is None:
        return result
    is_over = waiver.state(day) != "live"
    has_stood = is_over and stands(waiver.rule, waiver.district)
    told = (result.message, waiver.words(day), STANDS if has_stood else "")
    message = "; ".join(part for part in told if part)
    return replace(result, status=FAILED if is_over and not has_stood else WAIVED, message=message)
