"""The quality page as plain values.

Belongs here: what stands on the page. Does not belong here: finding it out (``expectations.quality_page``) or how it
looks (``page.py``). No field holds a value of a record: counts, ids and words of our own only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reporting.held import HeldLine

What = Literal["could_not_run", "failed", "waived", "warned", "passed"]
Worst = What | Literal["nothing"]
WORST_FIRST: tuple[What, ...] = ("could_not_run", "failed", "waived", "warned", "passed")


@dataclass(frozen=True)
class Mark:
    """What one night says of a rule or a district: how often each thing was found."""

    night: str
    counts: dict[What, int]

    @property
    def worst(self) -> Worst:
        """The worst that was found; ``nothing`` where nothing was judged."""
        found: list[Worst] = [what for what in WORST_FIRST if self.counts.get(what)]
        return found[0] if found else "nothing"


@dataclass(frozen=True)
class RuleLine:
    """One rule: where it stands, what it is for, and what it found night by night."""

    id: str
    door: int
    severity: Literal["error", "warn"]
    scope: str
    owner: str
    why: str
    what_to_do: str
    is_waivable: bool
    trend: tuple[Mark, ...]


@dataclass(frozen=True)
class Finding:
    """What a rule last found somewhere, and stands still.

    Attributes:
        rule_id: the rule.
        door: its door.
        what: failed, waived, warned or could not run.
        who: the district or the sender; empty where it is about everybody.
        domain: the domain, or the extract of a file.
        school_year: ending year.
        n_failed: how many.
        n_checked: of how many.
        message: what was found.
    """

    rule_id: str
    door: int
    what: What
    who: str
    domain: str
    school_year: int | None
    n_failed: int
    n_checked: int
    message: str


@dataclass(frozen=True)
class DistrictLine:
    """One district: what is held of it, what stands against it, and what was found night by night."""

    district_id: str
    name: str
    held: tuple[str, ...]
    found: dict[What, tuple[str, ...]]
    trend: tuple[Mark, ...]


@dataclass(frozen=True)
class NightLine:
    """One night: what it came to, what each door said, and which rules did not pass."""

    began_at: str
    outcome: str
    reason: str
    doors: tuple[tuple[str, str], ...]
    build_id: str
    release_id: str
    as_of: str
    found: tuple[tuple[str, What, int], ...]


@dataclass(frozen=True)
class QualityPage:
    """The whole page; nights, marks and findings newest or worst first."""

    collaborative: str
    nights: tuple[NightLine, ...]
    held: tuple[HeldLine, ...]
    waivers: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    n_findings_left_out: int
    rules: tuple[RuleLine, ...]
    districts: tuple[DistrictLine, ...]
