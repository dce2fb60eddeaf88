"""Hiding more: which cells are hidden so that one that is too close gets the room it needs.

Belongs here: choosing what is hidden next. Does not belong here: the rounds (``protection``) and the proof
(``bounds``).

A linear program finds the cheapest change of shown cells that moves the close one as far as it must go, through all
the sums that they stand in: those that it moves are hidden together. Cheap is what says least: few pupils. What is
hidden already moves for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from expectations.disclosure.cells import MICRO, Cells

PARTNERS = 2
"""Other districts that must each make room for a figure that a total of several districts would give away."""

MOVED = 1e-6
"""What a linear program moves less is not moved; in pupils."""


class Repair:
    """The cells of a table, those that are hidden, and hiding more of them.

    Attributes:
        hidden: places of the cells that are hidden.
        has_hidden: whether anything more was hidden.
    """

    def __init__(self, cells: Cells, hidden: set[int], fixed: set[int]) -> None:
        self.cells, self.table, self.hidden, self.fixed = cells, cells.table, hidden, fixed
        self.places = self.table.sums_of()
        self.part = self.table.find_parts()
        self.of_owner: dict[tuple[int, str], list[int]] = defaultdict(list)
        for place, owner in enumerate(self.table.owner):
            self.of_owner[self.part[place], owner].append(place)
        self.has_hidden = False

    def help_out(self, close: int) -> None:
        """Hide what one cell needs to move as far as the agreement asks, up and, where it cannot, down."""
        table = self.table
        up = min(table.need[close], self._limits(close)[1] - table.truth[close])
        for move in (up, up - table.need[close]):
            if move:
                several = self._find_moves(close, move, opens_coded=False)
                several = several or self._find_moves(close, move, opens_coded=True)
                for place in sorted(set().union(*several)):
                    self._hide(place)

    def _hide(self, place: int) -> None:
        for same in self.cells.same[place]:
            self.hidden.add(same)
            self.cells.hide(same)
        self.has_hidden = True

    def _may_hide(self, place: int) -> bool:
        return place in self.cells.figures_at and place not in self.hidden and place not in self.fixed

    def _find_moves(self, close: int, move: int, *, opens_coded: bool) -> list[set[int]]:
        """What to hide within the district; where that does not do, with each of two others on its own."""
        owner = self.table.owner[close]
        alone = self._find_move(close, move, (owner,), opens_coded) if owner else None
        if alone is not None:
            return [alone]
        size = {
            name: sum(self.table.truth[place] for place in places)
            for (part, name), places in self.of_owner.items()
            if part == self.part[close] and name not in ("", owner)
        }
        found: list[set[int]] = []
        for partner in sorted(size, key=lambda name: (size[name], name)):
            moved = self._find_move(close, move, (owner, partner), opens_coded)
            if moved is not None:
                found.append(moved)
            if len(found) == PARTNERS:
                break
        return found

    def _limits(self, place: int, opens_coded: bool = False) -> tuple[int, int]:
        """Between which values a cell may move: if it is shown, those that it would have hidden."""
        table = self.table
        if self._is_priced(place, opens_coded):
            return self.cells.blank(self.cells.figure_at(place))
        return table.low[place], table.high[place]

    def _find_move(self, close: int, move: int, owners: Sequence[str], opens_coded: bool) -> set[int] | None:
        """Shown cells whose hiding lets one move so far while all other districts are known; None if none does."""
        import numpy as np
        from scipy.optimize import linprog
        from scipy.sparse import csr_array, hstack

        table = self.table
        cells = [place for owner in dict.fromkeys((*owners, "")) for place in self.of_owner[self.part[close], owner]]
        at = {place: number for number, place in enumerate(cells)}
        sums = sorted({each for place in cells for each in self.places.get(place, ())})
        rows, columns, signs = [], [], []
        for row, number in enumerate(sums):
            each = table.sums[number]
            for place, sign in ((each.total, -1.0), *((part, 1.0) for part in each.parts)):
                if place in at:
                    rows.append(row)
                    columns.append(at[place])
                    signs.append(sign)
        unit = max(table.unit[place] for place in cells)
        matrix = csr_array((signs, (rows, columns)), shape=(len(sums), len(cells)))
        blank = [self._limits(place, opens_coded) for place in cells]
        far = 1000 * max(unit, abs(move))
        rise = [min(high - table.truth[p], far) / unit for p, (_, high) in zip(cells, blank, strict=True)]
        fall = [min(table.truth[p] - low, far) / unit for p, (low, _) in zip(cells, blank, strict=True)]
        number = at[close]
        rise[number], fall[number] = (move / unit, 0.0) if move > 0 else (0.0, -move / unit)
        priced = [self._is_priced(place, opens_coded) for place in cells]
        cost = np.array(
            [self._price(place) if is_priced else 0.0 for place, is_priced in zip(cells, priced, strict=True)]
        )
        limits = np.array([np.zeros(2 * len(cells)), np.maximum([*rise, *fall], 0.0)]).T
        limits[number if move > 0 else number + len(cells), 0] = abs(move) / unit
        solved = linprog(
            np.concatenate([cost, cost]),
            A_eq=hstack([matrix, -matrix], format="csr"),
            b_eq=np.zeros(len(sums)),
            bounds=limits,
            method="highs",
        )
        if not solved.success:
            return None
        moved = solved.x[: len(cells)] + solved.x[len(cells) :]
        return {place for place, by, is_priced in zip(cells, moved, priced, strict=True) if by > MOVED and is_priced}

    def _is_priced(self, place: int, opens_coded: bool) -> bool:
        """Whether a cell must be hidden to move as far as it may: what is coded moves a little as it is."""
        return self._may_hide(place) and (opens_coded or self.table.low[place] == self.table.high[place])

    def _price(self, place: int) -> float:
        """What hiding a cell costs for each pupil that it moves: more where it says more."""
        return 1.0 + self.cells.figure_at(place).size / (100 * MICRO)
