"""``python -m synthetic.bench``: generate, run two nights and the same work as bare SQL, and write the table.

Belongs here: the order of the runs. Does not belong here: measuring (``measured.py``) or the table (``table.py``).
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from synthetic.bench.change import change_attendance
from synthetic.bench.measured import Cost, measure
from synthetic.bench.table import Row, write_rows
from synthetic.generate import Generated, generate

YEAR = 2025
DISTRICTS = 50
CHANGED = (2, 19)
"""Places of the districts whose attendance changes for the second night: one of the larger, one in the middle."""


@dataclass(frozen=True)
class Bench:
    """One scale's folders."""

    folder: Path
    generated: Generated

    @property
    def inbox(self) -> Path:
        """What arrived so far."""
        return self.generated.nights[0]

    def night(self, name: str) -> tuple[Cost, dict[str, float]]:
        """``schoolstat refresh``: its cost, and CPU seconds by owner."""
        shares = self.folder / f"{name}.json"
        arguments = ["refresh", "-c", str(self.generated.collaborative), "--inbox", str(self.inbox)]
        environment = {"SCHOOLSTAT_HOME": str(self.folder / "home")}
        log = self.folder / f"{name}.log"
        cost = measure("synthetic.bench.sampled", [str(shares), "--", *arguments], log, environment)
        return cost, json.loads(shares.read_text(encoding="utf-8"))["owners"]

    def bare(self, districts: list[str]) -> Cost:
        """The same as bare SQL; only these districts' files are read again, or all."""
        arguments = [str(self.inbox), str(self.folder / "bare"), *districts]
        return measure("synthetic.bench.bare", arguments, self.folder / "bare.log")


def run_scale(scale: str, folder: Path) -> list[Row]:
    """Both nights at one scale."""
    generated = generate(folder / "generated", scale=Fraction(scale), count=DISTRICTS, years=(YEAR,))
    bench = Bench(folder, generated)
    first = Row.of(scale, "full", bench.bare([]), *bench.night("full"))
    changed = [generated.districts[at].district_id for at in CHANGED]
    for district in changed:
        change_attendance(bench.inbox / district / str(YEAR) / "attendance.csv")
    second = Row.of(scale, "2 of 50 changed", bench.bare(changed), *bench.night("second"))
    return [first, second]


def main(arguments: list[str] | None = None) -> int:
    """Run the scales asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m synthetic.bench", description="Measure whole nights.")
    parser.add_argument("scales", nargs="*", default=["0.01", "0.1"], help="1 is a million pupils (default: 0.01 0.1)")
    parser.add_argument("--table", type=Path, help="a document whose table is brought up to date")
    parser.add_argument("--keep", type=Path, help="keep the files in this folder")
    chosen = parser.parse_args(arguments)
    for scale in chosen.scales:
        folder = Path(tempfile.mkdtemp(prefix=f"bench-{scale}-")) if chosen.keep is None else chosen.keep / scale
        folder.mkdir(parents=True, exist_ok=True)
        rows = run_scale(scale, folder)
        for row in rows:
            sys.stdout.write(row.print() + "\n")
        if chosen.table is not None:
            write_rows(chosen.table, rows)
        if chosen.keep is None:
            shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
