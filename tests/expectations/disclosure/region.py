"""``python -m tests.expectations.disclosure.region [SCHOOLS]``: hiding and proving the figures of a region, timed.

A made-up region: a district for 40 schools, thirteen groups in four dimensions, totals of schools, districts and the
collaborative. Prints the row of ``docs/benchmarks.md``; ends with 1 if anything is left too close or takes over 60 s.
"""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from expectations.disclosure.bounds import audit
from expectations.disclosure.cells import MICRO, Cells, Figure, Key, Widths
from expectations.disclosure.protection import Protected, protect

DIMENSIONS = {"race": 7, "sex": 2, "income": 2, "language": 2}
SCHOOLS_OF_A_DISTRICT = 40
SEED = 2017
SECONDS = 60


@dataclass(frozen=True)
class Timed:
    """What became of a region's figures."""

    figures: list[Figure]
    done: Protected
    seconds: float

    @property
    def row(self) -> str:
        """A row of the table in the docs."""
        before, after, n = self.done.before, self.done.after, len(self.figures)
        if before is None:
            raise ValueError("nothing was proved of the state before")
        primary, hidden = sum(figure.is_primary for figure in self.figures), len(self.done.hidden)
        cells = (f"{n:,}", f"{primary:,}", f"{len(before.close):,} / {len(before.exact()):,}")
        cells += (f"{hidden:,} ({hidden / n:.1%})", f"{len(after.close):,} / {len(after.exact()):,}")
        return "| " + " | ".join((*cells, f"{self.done.n_rounds}", f"{self.seconds:.1f}")) + " |"


def make_region(n_schools: int) -> list[Figure]:
    """Numbers of pupils, the same for the same number of schools."""
    drawn, sums = random.Random(SEED), defaultdict[tuple[str, str, str], int](int)  # noqa: S311 - made-up pupils
    for school in range(n_schools):
        district = f"D{school // SCHOOLS_OF_A_DISTRICT:03}"
        n = max(12, int(drawn.lognormvariate(5.8, 0.6)))
        for group, pupils in (("all", n), *_divide(drawn, n)):
            for owner, entity in ((district, f"S{school:04}"), (district, district), ("_all", "_all")):
                sums[owner, entity, group] += pupils
    return [_figure(owner, entity, group, n) for (owner, entity, group), n in sums.items()]


def hide_and_prove(figures: list[Figure]) -> Timed:
    """Hide what must be hidden, with a proof of the state before and after."""
    began = time.process_time()
    done = protect(figures, Widths(), is_compared=True)
    return Timed(figures, done, time.process_time() - began)


def prove_again(timed: Timed) -> int:
    """Cells that are too close in a table made anew of what is shown: the proof does not lean on how it was hidden."""
    cells = Cells(timed.figures, Widths())
    for place in cells.with_same(cells.place[at] for at in timed.done.hidden):
        cells.hide(place)
    return len(audit(cells.table).close)


def _divide(drawn: random.Random, n: int) -> Iterator[tuple[str, int]]:
    """A school's pupils by the groups of each dimension; few of some."""
    for dimension, n_groups in DIMENSIONS.items():
        weights = [drawn.random() ** 2 + 0.02 for _ in range(n_groups)]
        counts = [int(n * weight / sum(weights)) for weight in weights]
        counts[0] += n - sum(counts)
        yield from ((f"{dimension}_{number}", pupils) for number, pupils in enumerate(counts))


def _figure(owner: str, entity: str, group: str, n: int) -> Figure:
    kind = {"_": "collaborative", "D": "district", "S": "school"}[entity[0]]
    dimension = group.rpartition("_")[0] or group
    key = Key(owner, kind, entity, 2026, "year", group, "all", ("SS.A01", "records"))
    return Figure(key, "pupils", dimension, "count", n * MICRO, n * MICRO, is_primary=n < Widths().minimum_n)


def main(arguments: list[str]) -> int:
    """Prove a region; gives the exit code."""
    timed = hide_and_prove(make_region(int(arguments[0]) if arguments else 2_000))
    print(timed.row)
    left = prove_again(timed)
    print(f"proved again from what is shown: {left} too close")
    return 1 if left or timed.done.leaks or timed.seconds > SECONDS else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
