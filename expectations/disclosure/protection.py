"""Hiding more, round by round, until nobody can work out what the agreement hides.

Belongs here: the order of those rounds. Does not belong here: the proof itself (``bounds``), what is hidden next
(``repair``) and what figures are (``cells``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
        n_rounds: rounds that it took.
        n_programs: linear programs that all rounds solved.
    """

    hidden: frozenset[int]
    before: Audit | None
    after: Audit
    leaks: tuple[int, ...]
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
    figures: Sequence[Figure], widths: Widths, shown_for_good: Collection[int] = (), *, is_compared: bool = False
) -> Protected:
    """Hide what the primary layer hides, and as much more as it takes.

    Args:
        figures: computed figures, all of one school year.
        widths: what the agreement asks for.
        shown_for_good: figures that others have seen already, or that the state prints; hiding them hides nothing.
        is_compared: prove first what the primary layer alone would have given away.
    """
    cells = Cells(figures, widths)
    fixed = {cells.place[at] for at in shown_for_good}
    hidden = {cells.place[at] for at, figure in enumerate(figures) if figure.is_primary} - fixed
    for place in {cells.place[at] for at, figure in enumerate(figures) if figure.coded} - hidden - fixed:
        coded = [figures[at].coded for at in cells.figures_at[place]]
        bounds = [each or (figures[cells.figures_at[place][0]].quantity,) * 2 for each in coded]
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
    leaks = tuple(at for place in found.close for at in cells.figures_at.get(place, ()))
    if found.close and not leaks:
        leaks = tuple(_figures_beside(cells, found.close))
    return Protected(
        frozenset(at for place in hidden for at in cells.figures_at[place]), before, found, leaks, rounds, programs
    )


def _hide_more(work: _Round, found: Audit) -> bool:
    repair = Repair(work.cells, work.hidden, work.fixed)
    for close in found.close:
        repair.help_out(close)
    return repair.has_hidden


def _figures_beside(cells: Cells, close: Sequence[int]) -> list[int]:
    """Figures from which pupils of no group follow: named where the secret has no figure of its own."""
    sums_of = cells.table.sums_of()
    totals = {cells.table.sums[at].total for place in close for at in sums_of.get(place, ())}
    return sorted(at for place in totals for at in cells.figures_at.get(place, ()))
