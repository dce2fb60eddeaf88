"""The cuts of an index: from where to where a school's figure has a level, and which figures can have one.

Belongs here: the record of ``core_cuts.csv`` and what its rows may name. Does not belong here: reading them
(``term_table.py``), the levels and the index (dbt, ``measure_core_index``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ingestion.term_values import check_digits

EACH_GROUP = "each"
OF_ALL = ("all",)
OF_LEARNERS = ("english_learner",)
OF_ANSWERS = ("student", "family", "teacher", "staff")
CUT_KEY = ("metric_id", "variant", "breakdown", "subgroup", "level")

FIGURES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("SS.A04", "SS.A05", "SS.A06", "SS.A07", "SS.A09", "SS.A11"), ()),
    **dict.fromkeys(("SS.B01", "SS.B02", "SS.B03", "SS.P01", "SS.P03"), ()),
    **dict.fromkeys(("SS.A01", "SS.A02", "SS.A03", "SS.C02", "SS.C03", "SS.P02"), OF_ALL),
    **dict.fromkeys(("SS.E01", "SS.E02", "SS.E04"), OF_LEARNERS),
    "SS.Q01": OF_ANSWERS,
}
"""Figures that are worked out for schools, and of which groups alone; nothing where every group has its own."""


@dataclass(frozen=True)
class CoreCut:
    """One level of an index: the values of a metric from ``low`` on, to below ``high``.

    Each figure that has levels is worth the same share of the index's points (threshold ``core_index_points``).

    Attributes:
        metric_id: the metric that gets a level.
        variant: which figure of it.
        level: 1 to 10.
        low: least value of the level; without bound when left out.
        high: the value that belongs to another level again; without bound when left out.
        breakdown: which slice of it, ``all`` when left out.
        subgroup: whose figure. ``each``, when left out: every group's own, for the index of that group. A group: its
            figure counts in the index of all pupils, and in no group's.
        note: where the cut stands, for people.
    """

    metric_id: str
    variant: str
    level: int
    low: Decimal | None = None
    high: Decimal | None = None
    breakdown: str = "all"
    subgroup: str = EACH_GROUP
    note: str = ""

    def __post_init__(self) -> None:
        check_digits(self.low, self.high)
        if not 1 <= self.level <= 10:
            raise ValueError("level must be 1 to 10")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low must be below high")

    def meets(self, other: CoreCut) -> bool:
        """Whether some value of some group would have both levels."""
        least, most = Decimal("-Infinity"), Decimal("Infinity")
        return (
            (self.metric_id, self.variant, self.breakdown) == (other.metric_id, other.variant, other.breakdown)
            and (self.subgroup == other.subgroup or EACH_GROUP in (self.subgroup, other.subgroup))
            and (least if self.low is None else self.low) < (most if other.high is None else other.high)
            and (least if other.low is None else other.low) < (most if self.high is None else self.high)
        )


def find_cut_faults(cuts: Sequence[CoreCut]) -> Iterator[str]:
    """Cuts that can give nobody a level, or one value two, as ``file:line:column: message``."""
    for metric_id, subgroup in sorted({(cut.metric_id, cut.subgroup) for cut in cuts}):
        groups = FIGURES.get(metric_id)
        if groups is None:
            yield (
                f"core_cuts.csv:1:metric_id: {metric_id} is worked out for no school, so that no index with it is ever "
                f"known; cuts are for one of {', '.join(sorted(FIGURES))}"
            )
        elif groups and subgroup not in groups:
            yield (
                f"core_cuts.csv:1:subgroup: {metric_id} is known of {' or '.join(groups)} alone, so that no index with "
                f"that of {subgroup} is ever known; name the group"
            )
    for at, cut in enumerate(cuts):
        if any(cut.meets(other) for other in cuts[:at]):
            yield f"core_cuts.csv:1:low: a value of {cut.metric_id} would have two levels, {cut.level} and another"
