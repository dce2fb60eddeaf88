"""A table of counts as an outsider sees it: what is known of each cell, and which cells add up to which.

Belongs here: the table, and narrowing what is known along its sums, in whole numbers. Does not belong here: linear
programs (``bounds``), where cells come from (``cells``), and hiding more of them (``protection``).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

UNKNOWN = 10**18
"""A bound that nobody knows."""

VISITS = 40
"""How often one sum is looked at again: in a circle of sums, bounds may creep; a linear program ends that."""


@dataclass(frozen=True)
class Sum:
    """Parts that make up a total; each a place in the table."""

    total: int
    parts: tuple[int, ...]

    @property
    def cells(self) -> tuple[int, ...]:
        """The total and its parts."""
        return (self.total, *self.parts)


@dataclass
class CountTable:
    """Cells with what an outsider knows of each; of a cell that is shown, both bounds are its value.

    Attributes:
        truth: what the cells hold.
        low: least value that an outsider must allow for.
        high: greatest value.
        need: the width that the agreement asks for between them; 0 for a cell that is no secret.
        unit: what one pupil weighs in a cell's numbers; linear programs reckon in it.
        owner: the district that knows a cell because it is its own; empty for figures of the collaborative.
        sums: which cells add up.
    """

    truth: list[int] = field(default_factory=list)
    low: list[int] = field(default_factory=list)
    high: list[int] = field(default_factory=list)
    need: list[int] = field(default_factory=list)
    unit: list[int] = field(default_factory=list)
    owner: list[str] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)

    def add(self, truth: int, low: int, high: int, need: int = 0, unit: int = 1, owner: str = "") -> int:
        """Add a cell; gives its place."""
        self.truth.append(truth)
        self.low.append(low)
        self.high.append(high)
        self.need.append(need)
        self.unit.append(unit)
        self.owner.append(owner)
        return len(self.truth) - 1

    def sums_of(self) -> dict[int, list[int]]:
        """For each cell the places of its sums."""
        found: dict[int, list[int]] = defaultdict(list)
        for at, each in enumerate(self.sums):
            for cell in each.cells:
                found[cell].append(at)
        return found

    def find_parts(self) -> list[int]:
        """For each cell the part of the table that it stands in; no sum ties one part to another."""
        part = list(range(len(self.truth)))

        def first(cell: int) -> int:
            while part[cell] != cell:
                part[cell] = part[part[cell]]
                cell = part[cell]
            return cell

        for each in self.sums:
            for cell in each.parts:
                part[first(cell)] = first(each.total)
        return [first(cell) for cell in part]


@dataclass
class Bounds:
    """What follows for each cell: its least and greatest value."""

    low: list[int]
    high: list[int]

    def width(self, cell: int) -> int:
        """How far apart the two are."""
        return self.high[cell] - self.low[cell]


def narrow(table: CountTable) -> Bounds:
    """Narrow the bounds of all cells along the sums, one sum at a time."""
    bounds, sums_of = Bounds(list(table.low), list(table.high)), table.sums_of()
    waiting, visits = deque(range(len(table.sums))), [0] * len(table.sums)
    is_waiting = [True] * len(table.sums)
    while waiting:
        at = waiting.popleft()
        is_waiting[at] = False
        visits[at] += 1
        for cell in _narrow_by(table.sums[at], bounds):
            for other in sums_of[cell]:
                if not is_waiting[other] and visits[other] < VISITS:
                    is_waiting[other] = True
                    waiting.append(other)
    return bounds


def find_blocks(table: CountTable, bounds: Bounds) -> Iterator[tuple[list[int], list[int]]]:
    """Unknown cells that sums tie together, with those sums; nothing ties one block to another."""
    sums_of, seen = table.sums_of(), set()
    for start in range(len(table.truth)):
        if start in seen or bounds.width(start) == 0:
            continue
        cells, sums, waiting = [], set(), [start]
        seen.add(start)
        while waiting:
            cell = waiting.pop()
            cells.append(cell)
            for at in sums_of.get(cell, ()):
                if at not in sums:
                    sums.add(at)
                    fresh = [one for one in unknown(table.sums[at].cells, bounds) if one not in seen]
                    seen.update(fresh)
                    waiting += fresh
        yield sorted(cells), sorted(sums)


def unknown(cells: Iterable[int], bounds: Bounds) -> list[int]:
    """Those of some cells that are not known to the unit."""
    return [cell for cell in cells if bounds.low[cell] < bounds.high[cell]]


def _narrow_by(each: Sum, bounds: Bounds) -> list[int]:
    """Narrow the cells of one sum; gives those of which more is known now."""
    low, high, changed = bounds.low, bounds.high, []
    least, most = sum(low[part] for part in each.parts), sum(high[part] for part in each.parts)
    total = each.total
    if least > low[total] or most < high[total]:
        low[total], high[total] = max(low[total], least), min(high[total], most)
        changed.append(total)
    for part in each.parts:
        if low[part] == high[part]:
            continue
        new_low = max(low[part], low[total] - (most - high[part]))
        new_high = min(high[part], high[total] - (least - low[part]))
        if (new_low, new_high) != (low[part], high[part]):
            least, most = least + new_low - low[part], most + new_high - high[part]
            low[part], high[part] = new_low, new_high
            changed.append(part)
    return changed
