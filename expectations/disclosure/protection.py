"""Hiding more, round by round, until nobody can work out what the agreement hides.

Belongs here: the order of those rounds. Does not belong here: the proof itself (``bounds``), what is hidden next
(``repair``) and what figures are (``cells``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from expectations.disclosure.bounds import Audit, Known, audit
from expectations.disclosure.cells import Cells, Figure, Widths
from expectations.disclosure.repair import Repair

ROUNDS = 40
"""More than any table took; a table that needs more is not published."""


@dataclass
class Protected:
    """What may be shown.

    Attributes:
        hidden: figures that are hidden, by their place in the list that was given.
        before: the audit of the primary layer alone, where it was asked for.
        after: the audit of what is shown in the end; nothing in it is close unless ``leaks`` says so.
        leaks: figures that stay too close whatever is hidden.
        elsewhere: cells that the state's own figures give away.
        n_rounds: rounds that it took.
        n_programs: linear programs that all rounds solved.
    """

    hidden: frozenset[int]
    before: Audit | None
    after: Audit
    leaks: tuple[int, ...]
    elsewhere: frozenset[int]
    n_rounds: int
    n_programs: int = 0


@dataclass
class _Round:
    cells: Cells
    hidden: set[int]
    fixed: set[int]
    known: Known = field(default_factory=dict)

    def look(self) -> Audit:
        """What others know.

        Linear programs wait until following the sums finds nothing any more.
        """
        found = audit(self.cells.table, proves=False)
        if found.close:
            return found
        return self.prove()

    def prove(self) -> Audit:
        """The same, with every linear program."""
        return audit(self.cells.table, self.known)


def protect(
    figures: Sequence[Figure],
    widths: Widths,
    shown_for_good: Collection[int] = (),
    *,
    printed: Collection[int] = (),
    kept: Mapping[int, int] | None = None,
    is_compared: bool = False,
) -> Protected:
    """Hide what the primary layer hides, and as much more as it takes.

    Args:
        figures: computed figures, all of one school year.
        widths: what the agreement asks for.
        shown_for_good: figures that others have seen already as they are; hiding them hides nothing.
        printed: figures that the state prints; what follows from these alone is given away by nobody here.
        kept: quantities that others have seen of figures that have changed since, too little to be shown.
        is_compared: prove first what the primary layer alone would have given away.
    """
    cells = Cells(figures, widths)
    fixed = cells.with_same(cells.place[at] for at in (*shown_for_good, *printed))
    earlier = {place: seen for at, seen in (kept or {}).items() for place in cells.same[cells.place[at]]}
    blurred = {place: seen for place, seen in earlier.items() if place not in fixed}
    fixed |= set(blurred)
    for place, seen in blurred.items():
        cells.blur(place, seen)
    hidden = cells.with_same(cells.place[at] for at, figure in enumerate(figures) if figure.is_primary) - fixed
    coded_places = cells.with_same(cells.place[at] for at, figure in enumerate(figures) if figure.coded)
    for place in coded_places - hidden - fixed:
        coded = [cells.figure_at(same).coded for same in cells.same[place]]
        bounds = [each or (cells.figure_at(place).quantity,) * 2 for each in coded]
        cells.code(place, max(low for low, _ in bounds), min(high for _, high in bounds))
    for place in hidden:
        cells.hide(place)
    work = _Round(cells, hidden, fixed)
    before = work.prove() if is_compared else None
    found = work.look()
    rounds, programs = 0, found.n_programs
    while found.close and rounds < ROUNDS and _hide_more(work, found):
        rounds += 1
        found = work.look()
        programs += found.n_programs
    elsewhere = given_away_elsewhere(figures, widths, printed, found) & set(found.close)
    left = sorted(set(found.close) - elsewhere)
    leaks = tuple(sorted({at for place in left for at in figures_of(cells, place)}))
    return Protected(
        frozenset(at for place in hidden for at in cells.figures_at[place]),
        before,
        found,
        leaks,
        frozenset(elsewhere),
        rounds,
        programs,
    )


def _hide_more(work: _Round, found: Audit) -> bool:
    repair = Repair(work.cells, work.hidden, work.fixed)
    for close in found.close:
        repair.help_out(close)
    return repair.has_hidden


def given_away_elsewhere(figures: Sequence[Figure], widths: Widths, printed: Collection[int], found: Audit) -> set[int]:
    """Cells that the state's own figures give away as closely as all that is shown."""
    if not (found.close and printed):
        return set()
    cells = Cells(figures, widths)
    for place in set(cells.place) - {cells.place[at] for at in printed}:
        cells.hide(place)
    alone = audit(cells.table)
    return {place for place in alone.close if alone.bounds.width(place) <= found.bounds.width(place)}


def figures_of(cells: Cells, place: int) -> list[int]:
    """Figures of a cell; of pupils of no group, who have none, the totals that they follow from."""
    if place in cells.figures_at:
        return cells.figures_at[place]
    totals = [each.total for each in cells.table.sums if place in each.cells]
    return [at for total in totals for at in cells.figures_at.get(total, ())]
