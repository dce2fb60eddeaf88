"""Blocks in which several districts hide: what an outsider can know of them, and what a member that can subtract.

Belongs here: proving such blocks by slices. Does not belong here: the proof of one slice (``bounds``).

A total of the collaborative ties districts together, and then one linear program would hold them all. A slice lets few
districts vary and takes all others for known. Whatever values a hidden cell may have in a slice it may have in the
whole: a cell that is wide in a slice is wide for everybody to whom the others are not known, and for each member that
is one of the others. So a cell is safe when it is wide in the slice of its own district alone, or in those of two
different partners, or, where one partner is too small, of two halves of all: no member is in both. What no slice shows
to be safe counts as too close.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from expectations.disclosure.count_table import Bounds, CountTable, Sum

PARTNERS = 6
"""Districts that are tried as a partner of one; two that make room are enough."""

CloseIn = Callable[[CountTable], set[int]]
"""Gives the cells of a table that are known too closely."""


def owners_of(table: CountTable, cells: Sequence[int]) -> list[str]:
    """The districts of some cells; figures of the collaborative belong to none."""
    return sorted({table.owner[cell] for cell in cells} - {""})


def find_close(
    table: CountTable, bounds: Bounds, cells: Sequence[int], sums: Sequence[int], close_in: CloseIn
) -> list[int]:
    """Cells of a block of several districts that no slice shows to be safe."""
    block = _Block(table, bounds, cells, sums, close_in)
    owners = owners_of(table, cells)
    left: dict[str, set[int]] = {}
    for owner in owners:
        left[owner] = block.close_among(owner, (owner,))
    shared = {cell for cell in block.of[""] if table.need[cell]}
    wide = {cell: sum(cell not in block.seen[owner,] for owner in owners) for cell in shared}
    close = {cell for cell in shared if wide[cell] < 2}
    for owner in owners:
        close |= _without_partners(block, owner, owners, left[owner]) if left[owner] else set()
    return sorted(block.close_in_a_half(close, owners)) if close else []


def _without_partners(block: _Block, owner: str, owners: Sequence[str], left: set[int]) -> set[int]:
    """Cells of a district for which no two others make room."""
    at, n_wide = owners.index(owner), dict.fromkeys(left, 0)
    others = [*owners[at + 1 :], *owners[:at]]
    for partner in others[:PARTNERS]:
        close = block.close_among(owner, (owner, partner))
        for cell in left - close:
            n_wide[cell] += 1
        if all(times >= 2 for times in n_wide.values()):
            break
    return {cell for cell, times in n_wide.items() if times < 2}


class _Block:
    """The unknown cells of one block, by district."""

    def __init__(
        self, table: CountTable, bounds: Bounds, cells: Sequence[int], sums: Sequence[int], close_in: CloseIn
    ) -> None:
        self.table, self.bounds, self.close_in = table, bounds, close_in
        self.of: dict[str, list[int]] = defaultdict(list)
        for cell in cells:
            self.of[table.owner[cell]].append(cell)
        self.sums_of: dict[str, set[int]] = defaultdict(set)
        for at in sums:
            for cell in table.sums[at].cells:
                self.sums_of[table.owner[cell]].add(at)
        self.seen: dict[tuple[str, ...], set[int]] = {}

    def close_among(self, owner: str, free: tuple[str, ...]) -> set[int]:
        """Cells of a district that are close where these districts vary, and all others are known."""
        if free not in self.seen:
            self.seen[free] = self._slice(free)
        return self.seen[free] & set(self.of[owner])

    def close_in_a_half(self, cells: set[int], owners: Sequence[str]) -> set[int]:
        """Those of some cells that are close where one half of the districts is known, or the other."""
        close: set[int] = set()
        for owner in sorted({self.table.owner[cell] for cell in cells}):
            asked = frozenset(cell for cell in cells if self.table.owner[cell] == owner)
            others = [name for name in owners if name != owner]
            for half in (others[::2], others[1::2]):
                close |= self._slice((owner, *half), asked) & asked
        return close

    def _slice(self, free: tuple[str, ...], asked: frozenset[int] | None = None) -> set[int]:
        """Cells that are close in a slice: all of it, or only those that are asked for."""
        table, part, places = self.table, CountTable(), {}
        varies = {cell for owner in {"", *free} for cell in self.of[owner]}
        for cell in sorted(varies):
            need = table.need[cell] if asked is None or cell in asked else 0
            places[cell] = part.add(
                table.truth[cell], self.bounds.low[cell], self.bounds.high[cell], need, table.unit[cell]
            )
        for at in sorted(set().union(*(self.sums_of[owner] for owner in {"", *free}))):
            _add_sum(table, part, places, table.sums[at])
        back = {place: cell for cell, place in places.items()}
        return {back[place] for place in self.close_in(part)}


def _add_sum(table: CountTable, part: CountTable, places: dict[int, int], each: Sum) -> None:
    """A sum of the slice: its cells that are known there, in one."""
    known = sum(table.truth[cell] for cell in each.parts if cell not in places)
    parts = [places[cell] for cell in each.parts if cell in places]
    whole = table.truth[each.total]
    total = places[each.total] if each.total in places else part.add(whole, whole, whole)
    if known:
        parts.append(part.add(known, known, known))
    part.sums.append(Sum(total, tuple(parts)))
