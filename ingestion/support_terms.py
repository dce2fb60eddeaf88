"""When pupils are screened, what a mark is worth, who is on track and who needs a look: tables of the configuration.

Belongs here: the records of the tables, what must hold between them, and what is written out of them. Does not belong
here: reading them (``term_table.py``) and the figures (dbt).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from ingestion.term_table import Terms, TermTable
from ingestion.term_values import check_days, check_digits, check_grades, day_in

if TYPE_CHECKING:
    from ingestion.collaborative import Period


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
        check_days(self.begins, self.ends, self.snapshot)
        check_grades(self.grades)


@dataclass(frozen=True)
class TermType:
    """One kind of term, and how many semesters a mark of it stands for; none where it does not count."""

    term_type: str
    semesters: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        check_digits(self.semesters)


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
        check_digits(self.grade_points)


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
        check_grades(self.grade)
        check_digits(self.least_credits, self.graduation_share, self.most_core_failures)
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
        check_grades(self.grade)
        check_digits(self.least_average, self.least_attendance_share)


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
        check_digits(self.bound)
        if (self.indicator == "failed_courses") != bool(self.subjects):
            raise ValueError("subjects belong to failed_courses, and to nothing else")


@dataclass(frozen=True)
class ScreeningInYear:
    """A window of screening as it lies in one school year."""

    school_year: int
    screening_window: str
    begins_on: date
    ends_on: date
    snapshot_on: date
    grades: str


def find_support_faults(terms: Terms, years: Mapping[int, Period]) -> Iterator[str]:
    """Windows whose days are out of order within a school year, as ``file:line:column: message``."""
    for row in _windows(terms["screening_windows"], "", years):
        if not row.begins_on <= row.snapshot_on <= row.ends_on:
            yield (
                f"screening_windows.csv:1:snapshot: of {row.screening_window} does not lie from begins to ends in "
                f"the school year {row.school_year}, which starts on {years[row.school_year].starts_on}"
            )


def _windows(rows: Sequence[ScreeningWindow], _state: str, years: Mapping[int, Period]) -> Iterator[ScreeningInYear]:
    """The windows of each school year."""
    for year, period in sorted(years.items()):
        latest = {row.window: row for row in rows if row.from_school_year <= year}
        for row in latest.values():
            yield ScreeningInYear(
                school_year=year,
                screening_window=row.window,
                begins_on=day_in(period, row.begins),
                ends_on=day_in(period, row.ends),
                snapshot_on=day_in(period, row.snapshot),
                grades=row.grades,
            )


SUPPORT_TABLES = {
    "screening_windows": TermTable(
        ScreeningWindow, ("window", "from_school_year"), write_out=_windows, written_type=ScreeningInYear
    ),
    "term_types": TermTable(TermType, ("term_type",)),
    "course_marks": TermTable(CourseMark, ("mark",)),
    "on_track_rules": TermTable(OnTrackRule, ("rule", "grade")),
    "readiness_rules": TermTable(ReadinessRule, ("rule", "grade")),
    "early_warning_rules": TermTable(EarlyWarningRule, ("rule", "flag", "indicator", "subjects")),
}
"""The tables about support and courses, by name."""
