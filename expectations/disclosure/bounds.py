"""Which cells an outsider can pin down closer than the agreement allows, proved by linear programs (HiGHS).

Belongs here: the bounds of every hidden cell. Does not belong here: what is hidden, and hiding more (``protection``).

Sums are followed first, in whole numbers (``count_table``): what is too close by then is too close for good, and where
sums form no circle nothing more can be known. Only what is left gets linear programs, block by block. Each solution
shows two values or more that some other cells may have as well, so most of these need no program of their own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from expectations.disclosure.count_table import Bounds, CountTable, find_blocks, narrow, unknown
from expectations.disclosure.shared_blocks import find_close, owners_of

if TYPE_CHECKING:
    import numpy as np

SLACK = 1e-6
"""What a linear program may be off, in pupils."""

FAR = 1000
"""How far a linear program lets a cell go that nothing bounds, in widths of the agreement."""

LOOKS = 6
"""Programs with many aims at once, tried before one cell after the other."""


@dataclass
class Audit:
    """What an outsider can know.

    Attributes:
        bounds: the bounds of every cell.
        close: cells that are known closer than the agreement allows.
        n_secret: cells that the agreement speaks of.
        n_programs: linear programs that were solved.
    """

    bounds: Bounds
    close: list[int] = field(default_factory=list)
    n_secret: int = 0
    n_programs: int = 0

    def exact(self) -> list[int]:
        """Cells that are known to the unit."""
        return [cell for cell in self.close if self.bounds.width(cell) == 0]


class Impossible(Exception):
    """The table contradicts itself: no values fit what is shown of it."""


Known = dict[tuple[int, ...], tuple[list[int], dict[int, tuple[int, int]]]]
"""What was found of blocks that an earlier round looked at: cells too close, and exact bounds."""


def audit(table: CountTable, known: Known | None = None, *, proves: bool = True) -> Audit:
    """Bound every cell, and list those that are known too closely.

    Args:
        table: the table.
        known: blocks of earlier rounds over the same cells; those that stand unchanged are not proved again.
        proves: whether linear programs are solved; without them the list is of what following the sums shows.
    """
    found = Audit(narrow(table), n_secret=sum(need > 0 for need in table.need))
    bounds, known = found.bounds, {} if known is None else known
    found.close = [cell for cell, need in enumerate(table.need) if need and bounds.width(cell) == 0]
    if not proves:
        found.close = [cell for cell, need in enumerate(table.need) if bounds.width(cell) < need]
        return found
    for cells, sums in find_blocks(table, bounds):
        signature = tuple(value for cell in cells for value in (cell, bounds.low[cell], bounds.high[cell]))
        if signature not in known:
            known[signature] = _audit_block(table, cells, sums, found)
        close, exact = known[signature]
        found.close += close
        for cell, (low, high) in exact.items():
            bounds.low[cell], bounds.high[cell] = low, high
    found.close.sort()
    return found


def _audit_block(
    table: CountTable, cells: Sequence[int], sums: Sequence[int], found: Audit
) -> tuple[list[int], dict[int, tuple[int, int]]]:
    bounds = found.bounds
    if len(owners_of(table, cells)) > 1:
        return find_close(table, bounds, cells, sums, lambda part: _close_in(part, found)), {}
    close = [cell for cell in cells if bounds.width(cell) < table.need[cell]]
    unproved = [cell for cell in cells if 0 < table.need[cell] <= bounds.width(cell)]
    ties = sum(len(unknown(table.sums[at].cells, bounds)) for at in sums)
    if not unproved or ties < len(cells) + len(sums):  # no circle: following the sums has found the very bounds
        return close, {}
    exact = dict(_Block(table, cells, sums, found).prove(unproved))
    return close + [cell for cell, (low, high) in exact.items() if high - low < table.need[cell]], exact


def _close_in(part: CountTable, found: Audit) -> set[int]:
    """Cells of a slice that are too close, known or not."""
    seen = audit(part)
    found.n_programs += seen.n_programs
    return set(seen.close)


class _Block:
    """Linear programs over the unknown cells of one block; each cell reckoned in its own unit."""

    def __init__(self, table: CountTable, cells: Sequence[int], sums: Sequence[int], found: Audit) -> None:
        import numpy as np
        from scipy.sparse import csr_array

        self.table, self.cells, self.found = table, cells, found
        self.place = {cell: at for at, cell in enumerate(cells)}
        bounds, self.unit = found.bounds, max(table.unit[cell] for cell in cells)
        rows, columns, signs, known = [], [], [], []
        for row, at in enumerate(sums):
            each = table.sums[at]
            rest = bounds.low[each.total] if each.total not in self.place else 0
            for cell, sign in ((each.total, -1), *((part, 1) for part in each.parts)):
                if cell in self.place:
                    rows.append(row)
                    columns.append(self.place[cell])
                    signs.append(sign)
                elif cell != each.total:
                    rest -= bounds.low[cell]
            known.append(rest / self.unit)
        self.sums = csr_array((signs, (rows, columns)), shape=(len(sums), len(cells)))
        self.known = np.array(known)
        # Where nothing bounds a cell it may go far, not for ever: what is wide within a bound is wide without.
        far = FAR * max(self.unit, *(table.need[cell] for cell in cells))
        low = [max(bounds.low[cell], table.truth[cell] - far) / self.unit for cell in cells]
        high = [min(bounds.high[cell], table.truth[cell] + far) / self.unit for cell in cells]
        self.limits = np.array([low, high]).T
        truth = np.array([table.truth[cell] / self.unit for cell in cells])
        self.least, self.most = truth.copy(), truth.copy()

    def prove(self, unproved: Sequence[int]) -> Iterator[tuple[int, tuple[int, int]]]:
        """The exact bounds of cells for which no two solutions lie as far apart as the agreement asks."""
        import numpy as np

        chance, left = np.random.default_rng(0), list(unproved)
        for _ in range(LOOKS):
            if len(left) > 2:
                aims = np.zeros(len(self.cells))
                aims[[self.place[cell] for cell in left]] = chance.choice([-1.0, 1.0], len(left))
                self._solve(aims)
                self._solve(-aims)
                left = [cell for cell in left if not self._is_wide(cell)]
        for cell in left:
            at = self.place[cell]
            aims = np.zeros(len(self.cells))
            for direction in (-1.0, 1.0):
                if not self._is_wide(cell):
                    aims[at] = direction
                    self._solve(aims)
            if not self._is_wide(cell):
                yield cell, (self._whole(self.least[at], up=True), self._whole(self.most[at], up=False))

    def _is_wide(self, cell: int) -> bool:
        at = self.place[cell]
        return self.most[at] - self.least[at] >= self.table.need[cell] / self.unit - SLACK

    def _whole(self, value: float, *, up: bool) -> int:
        return math.ceil((value - SLACK) * self.unit) if up else math.floor((value + SLACK) * self.unit)

    def _solve(self, aims: np.ndarray) -> None:
        """Solve one program and remember how far each cell went."""
        import numpy as np
        from scipy.optimize import linprog

        solved = linprog(aims, A_eq=self.sums, b_eq=self.known, bounds=self.limits, method="highs")
        self.found.n_programs += 1
        if not solved.success:
            raise Impossible(f"the figures that are shown contradict each other (HiGHS: status {solved.status})")
        self.least, self.most = np.minimum(self.least, solved.x), np.maximum(self.most, solved.x)
