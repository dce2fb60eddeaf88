"""What the bench's figures are held against.

Belongs here: one line for each goal, from the rows that a document's tables hold. Does not belong here: measuring.
"""

from __future__ import annotations

from pathlib import Path

from synthetic.bench.table import ATTENDANCE, EXTRACTION, GOALS, LANDING, NIGHTS, OPERATIONS, SPENDING, Row

FULL, SECOND, IDLE = "full", "2 of 50 changed", "nothing new"
ALL_FILES, LARGE_FILES = "all extracts", "the three largest"


def write_goals(path: Path, import_seconds: float) -> None:
    """Bring the table of goals up to date with the document's other tables."""
    text = path.read_text(encoding="utf-8")
    nights = {row[:2]: row for row in NIGHTS.read(text)}
    landing = {row[:2]: row for row in LANDING.read(text)}
    extraction = {row[0]: row for row in EXTRACTION.read(text)}
    rows = [*_of_nights(nights), *_of_landing(landing), *_of_spending(SPENDING.read(text)), *_of_extraction(extraction)]
    rows += [
        _row(f"{row[1]} figures of operations, times the same selects without dbt", float(row[4]), 1.5)
        for row in OPERATIONS.read(text)
    ]
    rows += _of_attendance(ATTENDANCE.read(text))
    rows.append(_row("importing `ingestion`, CPU s", import_seconds, 1))
    GOALS.write_whole(path, rows)


def _of_nights(nights: dict[Row, Row]) -> list[Row]:
    rows = []
    for scale in sorted({scale for scale, _ in nights}, key=float):
        full, second, idle = (nights.get((scale, night)) for night in (FULL, SECOND, IDLE))
        if full:
            rows.append(_row(f"full night at scale {scale}, CPU s", _cpu(full), round(1.2 * float(full[3]) + 50, 1)))
            rows.append(_row(f"peak memory at scale {scale}, MiB", float(full[6]), 1024))
        smaller = nights.get((f"{float(scale) / 10:g}", FULL))
        if full and smaller:
            rows.append(_row(f"ten times the data, scale {scale}, times the CPU", _cpu(full) / _cpu(smaller), 6))
        if full and second and idle:
            share = (_cpu(second) - _cpu(idle)) / (_cpu(full) - _cpu(idle))
            rows.append(_row(f"second night's data work at scale {scale}, of the full night's", share, 0.1))
    return rows


def _of_landing(landing: dict[Row, Row]) -> list[Row]:
    rows = []
    for (scale, files), row in landing.items():
        rows.append(_row(f"landing {files} at scale {scale}, times DuckDB alone", float(row[7]), 2.5))
        if files == ALL_FILES:
            rows.append(_row(f"nothing new at scale {scale}, ms a file", float(row[9]), 5))
    return rows


def _of_spending(spending: list[Row]) -> list[Row]:
    rows = []
    for row in spending:
        rows.append(_row(f"{row[1]} ledger lines to spending and equity, times bare SQL", float(row[4]), 1.5))
        rows.append(_row(f"peak memory of {row[1]} ledger lines, MiB", float(row[5]), 1024))
    return rows


def _of_attendance(attendance: list[Row]) -> list[Row]:
    rows = []
    for row in attendance:
        named = f"{row[2]} rows of attendance, {row[0]}"
        rows.append(_row(f"{named}, to student support, times bare SQL", float(row[5]), 1.5))
        rows.append(_row(f"peak memory of {named}, MiB", float(row[6]), 1024))
    return rows


def _of_extraction(extraction: dict[str, Row]) -> list[Row]:
    rows = [
        _row(f"extraction from {base}, times the driver alone", float(row[4]), 1.5) for base, row in extraction.items()
    ]
    copied = extraction.get("postgresql")
    if copied:
        per_second = float(copied[5].replace(",", ""))
        met = "yes" if per_second >= 100_000 else "no"
        rows.append(("rows per CPU s by PostgreSQL's `COPY`: at least 100,000", f"{per_second:,.0f}", met))
    return rows


def _row(goal: str, measured: float, most: float) -> Row:
    return f"{goal}: at most {most:g}", f"{measured:.2f}" if measured < 10 else f"{measured:.1f}", _met(measured, most)


def _met(measured: float, most: float) -> str:
    return "yes" if measured <= most else "no"


def _cpu(night: Row) -> float:
    return float(night[2])
