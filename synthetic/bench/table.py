"""The bench's table, in a document that people read.

Belongs here: one row a scale and night, and replacing such rows in a Markdown table. Does not belong here: measuring.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synthetic.bench.measured import Cost

HEADING = (
    "scale", "night", "CPU s", "bare SQL, CPU s", "ratio", "wall s", "peak MiB", "dbt %", "Dagster %",
    "Great Expectations %", "own %", "rest %",
)  # fmt: skip
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
_OWNERS = ("dbt", "dagster", "great_expectations", "own")


@dataclass(frozen=True)
class Row:
    """One night at one scale; cells as they are printed, in the order of ``HEADING``."""

    cells: tuple[str, ...]

    @classmethod
    def of(cls, scale: str, night: str, bare: Cost, cost: Cost, owners: dict[str, float]) -> Row:
        """The row of a night: what it cost, what bare SQL did, and whose the CPU was."""
        whole = max(cost.cpu_seconds, 1e-9)
        known = [owners.get(owner, 0.0) / whole for owner in _OWNERS]
        shares = [f"{share:.0%}".rstrip("%") for share in (*known, max(0.0, 1 - sum(known)))]
        costs = (f"{cost.cpu_seconds:.1f}", f"{bare.cpu_seconds:.1f}", f"{cost.cpu_seconds / bare.cpu_seconds:.2f}")
        return cls((scale, night, *costs, f"{cost.wall_seconds:.1f}", f"{cost.peak_mib:.0f}", *shares))

    def print(self) -> str:
        """As a line of a Markdown table."""
        return f"| {' | '.join(self.cells)} |"


def write_rows(path: Path, rows: list[Row]) -> None:
    """Replace rows of the same scale and night in the document's table; the others stay."""
    text = path.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    found = {row.cells[:2]: row for row in _read_rows(table)} | {row.cells[:2]: row for row in rows}
    ordered = sorted(found.values(), key=lambda row: (float(row.cells[0]), row.cells[1] != "full"))
    lines = [Row(HEADING).print(), Row(("---",) * len(HEADING)).print(), *(row.print() for row in ordered)]
    path.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{after}", encoding="utf-8")


def _read_rows(table: str) -> list[Row]:
    lines = [line for line in table.strip().splitlines() if line.startswith("|")][2:]
    return [Row(tuple(cell.strip() for cell in line.strip("|").split("|"))) for line in lines]
