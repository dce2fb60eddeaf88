"""What is held of a district, as the night's summary, ``schoolstat status`` and the quality page say it.

Belongs here: the line. Does not belong here: asking the ledger what is held, or how a page or a terminal shows it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HeldLine:
    """A district's domain that keeps its last admitted figures, since when, and why.

    Attributes:
        district_id: the district.
        domain: such as ``finance``.
        school_year: the year in which it ends.
        rule_id: the rule or rules that hold it, with commas between; empty where none is known.
        since: the day of the decision, UTC, ISO text; empty where only the release tells that it is held.
        reason: why, in plain words.
    """

    district_id: str
    domain: str
    school_year: int
    rule_id: str
    since: str
    reason: str
