"""Published figures beside ours, row by row.

Belongs here: the comparison and what a page shows of it. Does not belong here: reading what was published
(``published.py``), reading ours (``ours.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

Key = tuple[int, str, str, str, str]
"""School year, entity, metric, breakdown, and the part of the row: value, numerator or denominator."""


@dataclass(frozen=True)
class Printed:
    """One published figure, and where ours stands; a rate is compared, and never summed."""

    year: int
    label: str
    entity_id: str
    metric_id: str
    part: str
    figure: Decimal | None
    breakdown: str = "all"
    is_rate: bool = False

    @property
    def key(self) -> Key:
        """Where ours is."""
        return self.year, self.entity_id, self.metric_id, self.breakdown, self.part


@dataclass
class Compared:
    """All figures of one label and year."""

    year: int
    label: str
    is_rate: bool
    n_figures: int = 0
    published: Decimal = Decimal(0)
    ours: Decimal = Decimal(0)
    largest: Decimal = Decimal(0)
    unlike: list[str] = field(default_factory=list)
    """Entities where only one of the two has a figure."""

    def add(self, entity_id: str, printed: Decimal | None, own: Decimal | None) -> None:
        """Take in one entity."""
        if (printed is None) != (own is None):
            self.unlike.append(entity_id)
        if printed is not None and own is not None:
            self.n_figures += 1
            self.published, self.ours = self.published + printed, self.ours + own
            self.largest = max(self.largest, abs(printed - own))


def compare(published: Iterable[Printed], ours: Mapping[Key, Decimal]) -> list[Compared]:
    """What becomes of every published figure, by year and label in the order in which they first come."""
    found: dict[tuple[int, str], Compared] = {}
    for each in published:
        row = found.setdefault((each.year, each.label), Compared(each.year, each.label, each.is_rate))
        row.add(each.entity_id, each.figure, ours.get(each.key))
    return sorted(found.values(), key=lambda row: row.year)


def table(rows: Iterable[Compared]) -> list[str]:
    """The rows as a table of a page."""
    return [
        "| year | figure | compared | published | ours | difference | largest in a row |",
        "|---|---|---|---|---|---|---|",
        *(_line(row) for row in rows),
    ]


def _line(row: Compared) -> str:
    sums = (
        ["", "", ""] if row.is_rate else [_shown(each) for each in (row.published, row.ours, row.ours - row.published)]
    )
    return f"| {row.year} | {row.label} | {row.n_figures:,} | {' | '.join(sums)} | {_shown(row.largest)} |"


def _shown(number: Decimal) -> str:
    if number == 0:
        return "0"
    if abs(number) < Decimal("0.00000001"):
        return "under 0.00000001"
    return f"{number:,.2f}" if abs(number) >= 1 else f"{number.normalize():f}"
