"""``python -m synthetic.bench``: nights beside bare SQL, a long ledger, attendance, landing, extraction; their tables.

Belongs here: the order of the runs. Does not belong here: measuring (``measured.py``) or the tables (``table.py``).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path

from synthetic.bench import attendance, extraction, landing, operations, spending
from synthetic.bench.change import change_attendance
from synthetic.bench.goals import ALL_FILES, FULL, IDLE, LARGE_FILES, SECOND, write_goals
from synthetic.bench.measured import Cost, measure, measure_import
from synthetic.bench.table import ATTENDANCE, EXTRACTION, LANDING, NIGHTS, OPERATIONS, SPENDING, Row, Table, night_row
from synthetic.bench.typed import find_types
from synthetic.generate import Generated, generate

YEAR = 2025
DISTRICTS = 50
CHANGED = (2, 19)
"""Places of the districts whose attendance changes for the second night: one of the larger, one in the middle."""
BASES_VARIABLE = "SCHOOLSTAT_BENCH_BASES"
"""Bases of PostgreSQL and MariaDB that extraction is measured on too, a blank between them."""


@dataclass(frozen=True)
class Bench:
    """One scale's folders."""

    folder: Path
    generated: Generated

    @property
    def build(self) -> Path:
        """The file of the latest build."""
        found = (self.folder / "home" / "builds").glob("*/warehouse.duckdb")
        return max(found, key=lambda path: path.stat().st_mtime)

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
        types = self.folder / "types.json"
        types.write_text(json.dumps(find_types(self.generated.collaborative, self.inbox)), encoding="utf-8")
        arguments = [str(self.inbox), str(self.folder / "bare"), str(types), *districts]
        return measure("synthetic.bench.bare", arguments, self.folder / "bare.log")


def run_nights(scale: str, bench: Bench) -> Iterator[Row]:
    """A full night, one after which nothing is new, and one with two districts' corrections."""
    yield night_row(scale, FULL, bench.bare([]), *bench.night("full"))
    yield night_row(scale, IDLE, None, *bench.night("idle"))
    changed = [bench.generated.districts[at].district_id for at in CHANGED]
    for district in changed:
        change_attendance(bench.inbox / district / str(YEAR) / "attendance.csv")
    yield night_row(scale, SECOND, bench.bare(changed), *bench.night("second"))


def run_landing(scale: str, bench: Bench) -> Iterator[Row]:
    """Landing alone: all files, and those with the most rows."""
    collaborative, folder = bench.generated.collaborative, bench.folder / "landing"
    yield landing.compare(scale, ALL_FILES, collaborative, bench.inbox, folder / "all")
    large = landing.link_files(bench.inbox, bench.folder / "large", landing.LARGE)
    yield landing.compare(scale, LARGE_FILES, collaborative, large, folder / "large")


@contextmanager
def _folder(keep: Path | None, name: str) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{name}-")) if keep is None else keep / name
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    if keep is None:
        shutil.rmtree(folder)


def _generate(folder: Path, scale: str) -> Generated:
    """In a process of its own: what a process held counts as the peak of each that it starts later."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(generate, folder, scale=Fraction(scale), count=DISTRICTS, years=(YEAR,)).result()


def _tell(table: Table, rows: Iterator[Row], document: Path | None) -> None:
    """Print each row when it is measured, and keep it."""
    for row in rows:
        sys.stdout.write(f"{table.name}: {' | '.join(row)}\n")
        sys.stdout.flush()
        if document is not None:
            table.write(document, [row])


def main(arguments: list[str] | None = None) -> int:
    """Run the scales asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m synthetic.bench", description="Measure whole nights.")
    parser.add_argument("scales", nargs="*", default=["0.01", "0.1"], help="1 is a million pupils (default: 0.01 0.1)")
    parser.add_argument("--table", type=Path, help="a document whose tables are brought up to date")
    parser.add_argument("--keep", type=Path, help="keep the files in this folder")
    chosen = parser.parse_args(arguments)
    for scale in chosen.scales:
        with _folder(chosen.keep, scale) as folder:
            bench = Bench(folder, _generate(folder / "generated", scale))
            _tell(LANDING, run_landing(scale, bench), chosen.table)
            shutil.rmtree(folder / "landing")
            _tell(NIGHTS, run_nights(scale, bench), chosen.table)
            if scale == chosen.scales[0]:
                _tell(SPENDING, iter([spending.compare(scale, bench.build, folder / "spending")]), chosen.table)
                kinds = (attendance.ABSENCES, attendance.EVERY_DAY)
                compared = (attendance.compare(kind, bench.build, folder / kind.name) for kind in kinds)
                _tell(ATTENDANCE, compared, chosen.table)
                _tell(OPERATIONS, iter([operations.compare(scale, bench.build, folder / "operations")]), chosen.table)
    with _folder(chosen.keep, "extraction") as folder:
        bases = os.environ.get(BASES_VARIABLE, "").split()
        _tell(EXTRACTION, extraction.compare_all(bases, extraction.ROWS, folder), chosen.table)
        if chosen.table is not None:
            write_goals(chosen.table, measure_import("ingestion", folder / "log").cpu_seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
