"""What must come out of a district's attendance: counted here in whole numbers, without any of the product's SQL.

Belongs here: membership, attendance and chronic absence of schools, districts and of pupils followed across districts.
Does not belong here: dollars (``truth_spending.py``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic.attendance import Attendance
from synthetic.calendars import SchoolYear
from synthetic.enrolment import Enrolled
from synthetic.stream import Bools, Ints

PARTS_OF_A_DAY = 32_760
"""A day is so many parts: every length of a day that the calendars know, whole or half, divides it."""
FEDERAL, MASSACHUSETTS = "federal", "massachusetts"
LEAST_DAYS = {FEDERAL: 10, MASSACHUSETTS: 20}
FIRST_GRADE = {FEDERAL: 1, MASSACHUSETTS: 0}
"""Kindergarten to grade 12 for the federal count; Massachusetts counts from pre-kindergarten."""
RULES = ("fraction", "half_day")


@dataclass(frozen=True)
class SchoolTruth:
    """One school's year, up to the last day for which it sent attendance.

    Attributes:
        school: place of the school.
        days_in_session: days of instruction; 0 when nothing was sent.
        days_enrolled: days of all its pupils.
        parts_absent: of those absent, in parts of a day.
    """

    school: int
    days_in_session: int
    days_enrolled: int
    parts_absent: int

    @property
    def is_silent(self) -> bool:
        """Whether the school sent nothing, so that nothing is known of it."""
        return self.days_in_session == 0


@dataclass
class PupilYears:
    """One place a pupil at one school.

    Attributes:
        person: place of the person.
        school: place of the school.
        days: days enrolled up to the school's last.
        parts: absent, in parts of a day, part days as fractions.
        halves: the same where an absence of half a day or more is a whole one, and a shorter one is none.
    """

    person: Ints
    school: Ints
    days: Ints
    parts: Ints
    halves: Ints


@dataclass(frozen=True)
class ChronicTruth:
    """How many pupils are counted, and how many are absent for a tenth of their days or more."""

    authority: str
    partial_day_rule: str
    counted: int
    chronic: int


def count_pupils(enrolled: Enrolled, year: SchoolYear, attendance: Attendance) -> tuple[list[SchoolTruth], PupilYears]:
    """Count the days of each school and of each pupil at each school."""
    spans = enrolled.spans
    n_days = _days_sent(len(year.is_open), spans.school, attendance)
    so_far = np.concatenate([np.zeros((len(year.is_open), 1), dtype=np.int64), np.cumsum(year.is_open, axis=1)], axis=1)
    first = np.minimum(spans.entry, n_days[spans.school])
    past = np.minimum(spans.exit + 1, n_days[spans.school])
    days = so_far[spans.school, np.maximum(past, first)] - so_far[spans.school, first]
    parts = attendance.absent * (PARTS_OF_A_DAY // attendance.minutes)
    halves = np.where(attendance.absent * 2 >= attendance.minutes, PARTS_OF_A_DAY, 0)
    by_span = np.zeros((2, len(spans)), dtype=np.int64)
    np.add.at(by_span[0], attendance.span, parts)
    np.add.at(by_span[1], attendance.span, halves)
    pupils = _by_pupil(spans.person, spans.school, days, *by_span)
    in_session = so_far[np.arange(len(n_days)), n_days]
    schools = [
        SchoolTruth(at, int(in_session[at]), int(pupils.days[mine].sum()), int(pupils.parts[mine].sum()))
        for at in range(len(n_days))
        for mine in [pupils.school == at]
    ]
    return schools, pupils


def count_chronic(enrolled: Enrolled, pupils: PupilYears, school: int | None = None) -> list[ChronicTruth]:
    """Chronic absence of one school, or of the district as a whole, for each authority and rule of part days."""
    here = np.ones(len(pupils.person), dtype=bool) if school is None else pupils.school == school
    persons, at = np.unique(pupils.person[here], return_inverse=True)
    sums = [_sum_up(at, column[here], len(persons)) for column in (pupils.days, pupils.parts, pupils.halves)]
    return count_by_authority(enrolled.people.grade[persons], *sums)


def count_by_authority(grade: Ints, days: Ints, parts: Ints, halves: Ints) -> list[ChronicTruth]:
    """Count persons of whom days enrolled and days absent are known."""
    found = []
    for authority, least in LEAST_DAYS.items():
        counted = (days >= least) & (grade >= FIRST_GRADE[authority])
        for rule, absent in zip(RULES, (parts, halves), strict=True):
            chronic = counted & _is_chronic(days, absent)
            found.append(ChronicTruth(authority, rule, int(counted.sum()), int(chronic.sum())))
    return found


def _is_chronic(days: Ints, absent: Ints) -> Bools:
    return absent * 10 >= days * PARTS_OF_A_DAY


def _days_sent(n_schools: int, school_of: Ints, attendance: Attendance) -> Ints:
    """By school, how many of the year's days there are up to the last one that it sent; 0 when it sent nothing."""
    found = np.zeros(n_schools, dtype=np.int64)
    np.maximum.at(found, school_of[attendance.span], attendance.day + 1)
    return found


def _by_pupil(person: Ints, school: Ints, days: Ints, parts: Ints, halves: Ints) -> PupilYears:
    """Add up the spans that one pupil has at one school."""
    both, at = np.unique(np.stack([person, school]), axis=1, return_inverse=True)
    sums = (_sum_up(at.ravel(), column, both.shape[1]) for column in (days, parts, halves))
    return PupilYears(both[0], both[1], *sums)


def _sum_up(at: Ints, column: Ints, n: int) -> Ints:
    found = np.zeros(n, dtype=np.int64)
    np.add.at(found, at, column)
    return found
