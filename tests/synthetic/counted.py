"""Counting what the generated files say, row by row and with fractions: neither the generator's way nor the product's.

Belongs here: what tests compare the generator's truth with. Does not belong here: expectations.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

LEAST_DAYS = {"federal": 10, "massachusetts": 20}
GRADES = {"federal": {"KG", *(f"{grade:02d}" for grade in range(1, 13))}}


def read_rows(path: Path) -> list[dict[str, str]]:
    """A file's rows by heading."""
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@dataclass
class Counted:
    """Days of one district's year: of schools in session, and by (pupil, school) enrolled and absent."""

    in_session: dict[str, int] = field(default_factory=dict)
    enrolled: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    absent: dict[tuple[str, str], Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    halves: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    grade: dict[str, str] = field(default_factory=dict)

    def chronic(self, authority: str, rule: str, school: str | None = None) -> tuple[int, int]:
        """Pupils counted, and chronically absent ones, of one school or of all."""
        days: dict[str, int] = defaultdict(int)
        away: dict[str, Fraction] = defaultdict(Fraction)
        for (pupil, at), n in self.enrolled.items():
            if school in (None, at):
                days[pupil] += n
                away[pupil] += self.absent[pupil, at] if rule == "fraction" else self.halves[pupil, at]
        return count_chronic(((self.grade[pupil], days[pupil], away[pupil]) for pupil in days), authority)


def count_chronic(pupils: Iterable[tuple[str, int, Fraction | int]], authority: str) -> tuple[int, int]:
    """Of pupils with grade, days enrolled and days absent: how many count, and how many miss a tenth or more."""
    grades = GRADES.get(authority)
    counted = [(n, away) for grade, n, away in pupils if n >= LEAST_DAYS[authority] and (not grades or grade in grades)]
    return len(counted), sum(away * 10 >= n for n, away in counted)


def count_folder(folder: Path) -> Counted:
    """Count one district's year up to each school's last day sent."""
    found = Counted()
    attendance = read_rows(folder / "attendance.csv")
    last: dict[str, str] = {}
    for row in attendance:
        last[row["school_id"]] = max(last.get(row["school_id"], ""), row["date"])
    days: dict[str, list[str]] = defaultdict(list)
    for row in read_rows(folder / "calendar.csv"):
        if row["is_instructional"] == "true" and row["date"] <= last.get(row["school_id"], ""):
            days[row["school_id"]].append(row["date"])
    found.in_session = {school: len(each) for school, each in days.items()}
    for row in read_rows(folder / "enrollments.csv"):
        pupil, school = row["student_local_id"], row["school_id"]
        until = row["exit_date"] or "9999"
        found.enrolled[pupil, school] += sum(row["entry_date"] <= day <= until for day in days[school])
        found.grade[pupil] = row["grade"]
    for row in attendance:
        key, away, day = (
            (row["student_local_id"], row["school_id"]),
            int(row["absent_minutes"]),
            int(row["day_minutes"]),
        )
        found.absent[key] += Fraction(away, day)
        found.halves[key] += away * 2 >= day
    return found
