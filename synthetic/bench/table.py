"""The bench's tables, in a document that people read.

Belongs here: what each table's columns are, and replacing rows of one between its marks. Does not belong here:
measuring, or what the figures are held against (``goals.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synthetic.bench.measured import Cost

Row = tuple[str, ...]
_OWNERS = ("dbt", "dagster", "great_expectations", "own")


@dataclass(frozen=True)
class Table:
    """A table between two marks of a document.

    Attributes:
        name: what the marks call it.
        heading: its columns.
        n_key: how many of the first ones say what a row is about: a new row replaces the one that they are equal to.
    """

    name: str
    heading: Row
    n_key: int = 1

    @property
    def marks(self) -> tuple[str, str]:
        """What stands before it and behind it."""
        return f"<!-- {self.name}: begin -->", f"<!-- {self.name}: end -->"

    def read(self, text: str) -> list[Row]:
        """Its rows in a document."""
        begin, end = self.marks
        table = text.partition(begin)[2].partition(end)[0]
        lines = [line for line in table.strip().splitlines() if line.startswith("|")][2:]
        return [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in lines]

    def print(self, rows: Sequence[Row]) -> str:
        """The table in Markdown."""
        return "\n".join(map(_line, [self.heading, ("---",) * len(self.heading), *rows]))

    def write(self, path: Path, rows: Sequence[Row]) -> None:
        """Replace rows about the same; the others stay, smaller scales first."""
        found = {row[: self.n_key]: row for row in (*self.read(path.read_text(encoding="utf-8")), *rows)}
        self.write_whole(path, sorted(found.values(), key=lambda row: _number(row[0])))

    def write_whole(self, path: Path, rows: Sequence[Row]) -> None:
        """Put these rows in place of all that are there."""
        begin, end = self.marks
        before, _, rest = path.read_text(encoding="utf-8").partition(begin)
        after = rest.partition(end)[2]
        path.write_text(f"{before}{begin}\n{self.print(rows)}\n{end}{after}", encoding="utf-8")


NIGHTS = Table(
    "bench",
    (
        "scale", "night", "CPU s", "bare SQL, CPU s", "ratio", "wall s", "peak MiB", "dbt %", "Dagster %",
        "Great Expectations %", "own %", "rest %",
    ),
    n_key=2,
)  # fmt: skip
LANDING = Table(
    "landing",
    ("scale", "files", "number", "rows", "MB", "CPU s", "bare DuckDB, CPU s", "ratio", "peak MiB", "again, ms a file"),
    n_key=2,
)
EXTRACTION = Table(
    "extraction",
    ("database", "rows", "driver alone, CPU s", "ours, CPU s", "ratio", "rows per CPU s", "driver MiB", "ours MiB"),
)
SPENDING = Table(
    "spending",
    ("scale", "ledger lines", "CPU s", "bare SQL, CPU s", "ratio", "peak MiB", "bare SQL, peak MiB"),
)
OPERATIONS = Table(
    "operations",
    ("scale", "figures", "CPU s", "the same selects without dbt, CPU s", "ratio", "peak MiB", "without dbt, peak MiB"),
)
ATTENDANCE = Table(
    "attendance",
    (
        "attendance sent as", "pupils", "rows", "CPU s", "bare SQL, CPU s", "ratio", "peak MiB", "bare SQL, peak MiB",
        "figures that differ",
    ),
)  # fmt: skip
GOALS = Table("goals", ("goal", "measured", "met"))


def night_row(scale: str, night: str, bare: Cost | None, cost: Cost, owners: dict[str, float]) -> Row:
    """A night: what it cost, what bare SQL did where there was work for it, and whose the CPU was."""
    whole = max(cost.cpu_seconds, 1e-9)
    known = [owners.get(owner, 0.0) / whole for owner in _OWNERS]
    shares = [f"{share:.0%}".rstrip("%") for share in (*known, max(0.0, 1 - sum(known)))]
    floor = (f"{bare.cpu_seconds:.1f}", f"{cost.cpu_seconds / bare.cpu_seconds:.2f}") if bare else ("", "")
    return (
        scale, night, f"{cost.cpu_seconds:.1f}", *floor, f"{cost.wall_seconds:.1f}", f"{cost.peak_mib:.0f}", *shares,
    )  # fmt: skip


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(text: str) -> float:
    """What a row is ordered by; texts keep the order in which they came."""
    try:
        return float(text)
    except ValueError:
        return 0.0
