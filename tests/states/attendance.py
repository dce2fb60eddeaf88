"""What New York City prints of attendance, read without any mapping, and how many of its rates are ours.

Belongs here: the reader of that workbook and the second table of its page. Does not belong here: what the states print
of spending (``published.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from tests.states.comparing import Key, Printed
from tests.states.ours import slice_of

FILE = "nyc_community_districts/public-district-attendance-results-2018-2022.xlsx"
SHEETS = ("All Students", "SWD", "Ethnicity", "Gender", "Poverty", "ELL", "STH")
GROUPS = {
    "All Students": "all",
    "SWD": "students_with_disabilities",
    "Not SWD": "students_without_disabilities",
    "Asian": "asian",
    "Black": "black",
    "Hispanic": "hispanic",
    "Other": "other_races",
    "White": "white",
    "Female": "female",
    "Male": "male",
    "Poverty": "low_income",
    "Not Poverty": "not_low_income",
    "ELL": "english_learners",
    "Not ELL": "not_english_learners",
    "STH": "homeless",
    "Not STH": "not_homeless",
}
GRADES = {"All Grades": "all", "PK in K-12 Schools": "grade=pk", "0K": "grade=k"}
COLUMNS = {
    "days": ("# Total Days", "SS.A03", "denominator"),
    "days present": ("# Days Present", "SS.A03", "numerator"),
    "attendance rate": ("% Attendance", "SS.A03", "rate"),
    "pupils counted": ("# Contributing 10+ Total Days and 1+ Pres Day", "SS.A11", "denominator"),
    "chronically absent": ("# Chronically Absent", "SS.A11", "numerator"),
    "chronic absence rate": ("% Chronically Absent", "SS.A11", "rate"),
}
RATES = {metric: heading for heading, metric, part in COLUMNS.values() if part == "rate"}
SUPPRESSED = "s"
EQUAL = Decimal("0.00000005")
"""The file's rates are single-precision floats: five millionths of a percentage point."""


@cache
def _rows(records: Path) -> tuple[dict[str, Any], ...]:
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_path(records / FILE)
    found: list[dict[Any, Any]] = []
    for sheet in SHEETS:
        headings, *rows = workbook.get_sheet_by_name(sheet).to_python()
        found += [{"sheet": sheet} | dict(zip(headings, row, strict=True)) for row in rows]
    return tuple(found)


def new_york_city(records: Path) -> Iterator[Printed]:
    """Every cell of every district, grade and group; what is no number is none, nor what stands beside an `s`."""
    for row in _rows(records):
        year, entity, where = _place(row)
        for label, (heading, metric, part) in COLUMNS.items():
            figure, is_rate = _number(row[heading]), part == "rate"
            if row[RATES[metric]] == SUPPRESSED:
                figure = None
            if figure is not None and is_rate:
                figure /= 100
            yield Printed(year, label, entity, metric, part, figure, where, is_rate)


def _place(row: Mapping[str, Any]) -> tuple[int, str, str]:
    grade = row["Grade"] if isinstance(row["Grade"], str) else str(int(row["Grade"]))
    breakdown = GRADES.get(grade, f"grade={grade}")
    return 2000 + int(row["Year"][-2:]), f"{int(row['District']):02}", slice_of(breakdown, GROUPS[row["Category"]])


def _number(cell: Any) -> Decimal | None:
    return Decimal(repr(cell)) if isinstance(cell, float | int) else None


@dataclass
class Cells:
    """The rates of one sheet: how many are ours, and how many neither of us has."""

    printed: int = 0
    equal: int = 0
    unlike: list[str] = field(default_factory=list)
    suppressed: int = 0


def chronic_cells(records: Path, ours: Mapping[Key, Decimal]) -> dict[str, Cells]:
    """Chronic absence rates by sheet: ours is the pupils over the pupils, and never the rate that is printed."""
    found = {sheet: Cells() for sheet in SHEETS}
    heading, metric, part = COLUMNS["chronic absence rate"]
    for row in _rows(records):
        year, entity, where = _place(row)
        cells, printed = found[row["sheet"]], _number(row[heading])
        own = ours.get((year, entity, metric, where, part))
        cells.printed += 1
        if printed is None and own is None and row[heading] == SUPPRESSED:
            cells.suppressed += 1
        elif printed is not None and own is not None and abs(printed / 100 - own) <= EQUAL:
            cells.equal += 1
        else:
            cells.unlike.append(f"{year} {entity} {where}")
    return found


def cells_by_sheet(_repository: Path, records: Path, ours: Mapping[Key, Decimal]) -> list[str]:
    """The second table of the page."""
    found = chronic_cells(records, ours)
    lines: dict[str, tuple[int, ...]] = {
        name: (each.printed, each.equal, each.suppressed, len(each.unlike)) for name, each in found.items()
    }
    lines["all"] = tuple(map(sum, zip(*lines.values(), strict=True)))
    return [
        "| sheet | rates of chronic absence | equal to ours | suppressed as `s`, and by us | unlike |",
        "|---|---|---|---|---|",
        *(f"| {name} | {' | '.join(f'{count:,}' for count in counts)} |" for name, counts in lines.items()),
    ]
