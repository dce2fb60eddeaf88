"""When pupils are screened, what a mark is worth, who is on track and who needs a look: tables of the configuration.

Belongs here: the records of the tables, what must hold between them, and their compiled form. Does not belong here: the
figures (dbt).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ingestion.configuration_table import read_with_defaults

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.collaborative import Period

GRADES = ("PK", "KG", *(f"{grade:02}" for grade in range(1, 13)))


@dataclass(frozen=True)
class ScreeningWindow:
    """One window in which pupils are screened, in each school year until a row of a later year.

    Attributes:
        window: as the extract of screeners writes it.
        begins: its first day, month and day as 09-01.
        ends: its last day.
        snapshot: the day on which a pupil's tier counts.
        grades: who is screened, divided by blanks.
        from_school_year: first school year in which this holds.
        note: why, for people.
    """

    window: str
    begins: str
    ends: str
    snapshot: str
    grades: str
    from_school_year: int = 1900
    note: str = ""

    def __post_init__(self) -> None:
        for day in (self.begins, self.ends, self.snapshot):
            _day_of(2001, day)
        _check_grades(self.grades)


@dataclass(frozen=True)
class TermType:
    """One kind of term, and how many semesters a mark of it stands for; none where it does not count."""

    term_type: str
    semesters: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.semesters)


@dataclass(frozen=True)
class CourseMark:
    """One mark on a report card.

    Attributes:
        mark: as it is written.
        standing: ``failed``, ``low`` (a D) or ``passed``; what has no row here is no mark at all.
        grade_points: its points in an average; a row of the extract that brings its own keeps them.
        note: why, for people.
    """

    mark: str
    standing: Literal["failed", "low", "passed"]
    grade_points: Decimal | None = None
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.grade_points)


@dataclass(frozen=True)
class OnTrackRule:
    """One definition of being on track at the end of a grade; a bound left out does not bind.

    Attributes:
        rule: whose it is, the ``variant`` of its figures.
        grade: the grade.
        least_credits: fewest credits of the year.
        graduation_share: or the least share of the credits that graduation takes.
        most_core_failures: most semesters failed in core courses.
        note: where it stands, for people.
    """

    rule: str
    grade: str
    least_credits: Decimal | None = None
    graduation_share: Decimal | None = None
    most_core_failures: Decimal | None = None
    note: str = ""

    def __post_init__(self) -> None:
        _check_grades(self.grade)
        _check_digits(self.least_credits, self.graduation_share, self.most_core_failures)
        if (self.least_credits is None) == (self.graduation_share is None):
            raise ValueError("give least_credits or graduation_share, one of the two")


@dataclass(frozen=True)
class ReadinessRule:
    """One definition of being ready for high school; all four must be met.

    Attributes:
        rule: whose it is, the ``variant`` of its figures.
        grade: the grade.
        least_average: least average of grade points.
        least_attendance_share: least share of the days enrolled that the pupil was present.
        subjects: subjects in which no mark may be low or failed, divided by blanks.
        note: where it stands, for people.
    """

    rule: str
    grade: str
    least_average: Decimal
    least_attendance_share: Decimal
    subjects: str
    note: str = ""

    def __post_init__(self) -> None:
        _check_grades(self.grade)
        _check_digits(self.least_average, self.least_attendance_share)


@dataclass(frozen=True)
class EarlyWarningRule:
    """One line that raises a flag; several of one flag raise it each by itself.

    Attributes:
        rule: whose it is, the ``variant`` of its figures.
        flag: A (attendance), B (behaviour) or C (courses).
        indicator: what is looked at.
        comparison: ``below`` the bound, or ``at_least`` that much.
        bound: the line.
        subjects: the subjects of ``failed_courses``, divided by blanks; left out for the others.
        note: where it stands, for people.
    """

    rule: str
    flag: Literal["A", "B", "C"]
    indicator: Literal[
        "attendance_share",
        "out_of_school_suspensions",
        "in_school_suspensions",
        "referrals",
        "incidents",
        "failed_courses",
    ]
    comparison: Literal["below", "at_least"]
    bound: Decimal
    subjects: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.bound)
        if (self.indicator == "failed_courses") != bool(self.subjects):
            raise ValueError("subjects belong to failed_courses, and to nothing else")


@dataclass(frozen=True)
class SupportTerms:
    """The tables about support and courses."""

    windows: tuple[ScreeningWindow, ...] = ()
    term_types: tuple[TermType, ...] = ()
    marks: tuple[CourseMark, ...] = ()
    on_track: tuple[OnTrackRule, ...] = ()
    readiness: tuple[ReadinessRule, ...] = ()
    early_warning: tuple[EarlyWarningRule, ...] = ()


_WARNING_KEY = ["rule", "flag", "indicator", "subjects"]


def read_support_terms(folder: Path, faults: list[str]) -> SupportTerms:
    """Read the tables of a collaborative's folder over the product's own."""
    windows = folder / "screening_windows.csv"
    return SupportTerms(
        windows=read_with_defaults(windows, ScreeningWindow, ["window", "from_school_year"], faults),
        term_types=read_with_defaults(folder / "term_types.csv", TermType, ["term_type"], faults),
        marks=read_with_defaults(folder / "course_marks.csv", CourseMark, ["mark"], faults),
        on_track=read_with_defaults(folder / "on_track_rules.csv", OnTrackRule, ["rule", "grade"], faults),
        readiness=read_with_defaults(folder / "readiness_rules.csv", ReadinessRule, ["rule", "grade"], faults),
        early_warning=read_with_defaults(folder / "early_warning_rules.csv", EarlyWarningRule, _WARNING_KEY, faults),
    )


def find_window_faults(terms: SupportTerms, years: Mapping[int, Period]) -> Iterator[str]:
    """Windows whose days are out of order within a school year, as ``file:line:column: message``."""
    for row in _windows(terms, years):
        if not row["begins_on"] <= row["snapshot_on"] <= row["ends_on"]:
            yield (
                f"screening_windows.csv:1:snapshot: of {row['screening_window']} does not lie from begins to ends in "
                f"the school year {row['school_year']}, which starts on {years[row['school_year']].starts_on}"
            )


def build_support_tables(terms: SupportTerms, years: Mapping[int, Period]) -> dict[str, list[dict[str, Any]]]:
    """The rows that dbt reads; windows are written out for each school year.

    Args:
        terms: the tables.
        years: the whole year of each school year.
    """
    rows = {
        "term_types": terms.term_types,
        "course_marks": terms.marks,
        "on_track_rules": terms.on_track,
        "readiness_rules": terms.readiness,
        "early_warning_rules": terms.early_warning,
    }
    columns = support_columns()
    return {"screening_windows": list(_windows(terms, years))} | {
        table: [{name: getattr(row, name) for name in columns[table]} for row in found] for table, found in rows.items()
    }


def support_columns() -> dict[str, dict[str, pa.DataType]]:
    """Each table's columns."""
    import pyarrow as pa

    text, number, day = pa.string(), pa.decimal128(18, 6), pa.date32()
    return {
        "screening_windows": {
            "school_year": pa.int32(), "screening_window": text, "begins_on": day, "ends_on": day, "snapshot_on": day,
            "grades": text,
        },
        "term_types": {"term_type": text, "semesters": number},
        "course_marks": {"mark": text, "standing": text, "grade_points": number},
        "on_track_rules": {
            "rule": text, "grade": text, "least_credits": number, "graduation_share": number,
            "most_core_failures": number,
        },
        "readiness_rules": {
            "rule": text, "grade": text, "least_average": number, "least_attendance_share": number, "subjects": text,
        },
        "early_warning_rules": {
            "rule": text, "flag": text, "indicator": text, "comparison": text, "bound": number, "subjects": text,
        },
    }  # fmt: skip


def _windows(terms: SupportTerms, years: Mapping[int, Period]) -> Iterator[dict[str, Any]]:
    for year, period in sorted(years.items()):
        latest = {row.window: row for row in terms.windows if row.from_school_year <= year}
        for row in latest.values():
            days = {name: _day_in(period, getattr(row, name)) for name in ("begins", "ends", "snapshot")}
            yield {
                "school_year": year,
                "screening_window": row.window,
                **{f"{name}_on": day for name, day in days.items()},
                "grades": row.grades,
            }


def _day_in(period: Period, day: str) -> date:
    """The day of the year that lies in the school year."""
    first = _day_of(period.starts_on.year, day)
    return first if first >= period.starts_on else _day_of(period.starts_on.year + 1, day)


def _day_of(year: int, day: str) -> date:
    try:
        return date.fromisoformat(f"{year}-{day}")
    except ValueError:
        raise ValueError(f"a day of every year is written as 09-01, not {day}") from None


def _check_grades(grades: str) -> None:
    if set(grades.split(" ")) - set(GRADES):
        raise ValueError(f"grades must be of {' '.join(GRADES)}, divided by one blank")


def _check_digits(*numbers: Decimal | None) -> None:
    if any(number is not None and number != round(number, 6) for number in numbers):
        raise ValueError("a number has more than six digits after the point, which is all that is kept")
