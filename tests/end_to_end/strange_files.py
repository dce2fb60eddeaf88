"""A made-up district's files as its own systems would export them: other names, other headings, other dates.

Belongs here: writing them. Does not belong here: making up what they say (``synthetic``).
"""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from synthetic.generate import generate

YEAR = 2025
_YES = {"true": "Y", "false": "N"}
_STRANGE: dict[str, tuple[str, dict[str, str]]] = {
    "students": (
        "SIS Student Extract {year}.csv",
        {
            "student_local_id": "Stu Number",
            "state_student_id": "Statewide ID",
            "first_name": "First Name",
            "last_name": "Last Name",
            "birth_date": "DOB",
            "sex": "Gender",
            "race_eth": "Race",
            "hispanic": "Hispanic/Latino",
            "first_lang": "Home Lang",
        },
    ),
    "enrollments": (
        "SIS Enrollment Extract {year}.csv",
        {
            "student_local_id": "Pupil No",
            "school_id": "Bldg Code",
            "entry_date": "Entry Dt",
            "exit_date": "Withdrawal Dt",
            "entry_type": "Entry Cd",
            "exit_type": "Exit Cd",
            "grade": "Gr Level",
            "residency": "Residency Status",
            "calendar_code": "Cal Code",
            "primary": "Primary School",
        },
    ),
    "calendar": (
        "SchoolCalendar-{year}.csv",
        {
            "school_id": "School Number",
            "calendar_code": "Cal Code",
            "date": "Calendar Date",
            "is_instructional": "Instructional Day",
            "day_minutes": "Mins In Day",
            "event": "Event Name",
        },
    ),
    "attendance": (
        "ATT_EXPORT_{year}.csv",
        {
            "student_local_id": "Student ID",
            "school_id": "School Code",
            "date": "Absence Date",
            "code": "Att Cd",
            "category": "Absence Type",
            "absent_minutes": "Mins Absent",
            "day_minutes": "Mins In Day",
        },
    ),
    "programs": ("Programs {year}.csv", {}),
}


def write_strange_files(folder: Path, work: Path) -> list[Path]:
    """Write the files of one district.

    Args:
        folder: where to.
        work: an empty folder to make them up in.
    """
    generated = generate(work, count=1, years=(YEAR,))
    (district,) = generated.nights[0].iterdir()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for extract, (name, headings) in _STRANGE.items():
        target = folder / name.format(year=YEAR)
        _rewrite(district / str(YEAR) / f"{extract}.csv", target, headings)
        written.append(target)
    return written


def _rewrite(source: Path, target: Path, headings: dict[str, str]) -> None:
    with source.open(encoding="utf-8", newline="") as handle, target.open("w", encoding="utf-8", newline="") as out:
        reader = csv.DictReader(handle)
        names = list(reader.fieldnames or ())
        writer = csv.writer(out)
        writer.writerow([headings.get(name, name) for name in names])
        for row in reader:
            writer.writerow([_cell(name, row[name]) if headings else row[name] for name in names])


def _cell(name: str, text: str) -> str:
    """Schools under the newcomer's id, dates as month/day/year, yes and no as letters."""
    if name == "school_id":
        return text.replace("9001", "9903", 1)
    if text in _YES:
        return _YES[text]
    if "date" in name and text:
        day = date.fromisoformat(text)
        return f"{day.month}/{day.day}/{day.year}"
    return text
