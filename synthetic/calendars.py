"""School years of made-up districts, no two quite alike.

Belongs here: which days are days of instruction, and how long they are. Does not belong here: who came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from synthetic.places import MadeUpDistrict
from synthetic.stream import Bools, Ints

DAYS_IN_SESSION = 180
CODE = "STD"
DAY_MINUTES = (360, 390, 420)
YEAR_IN_PROGRESS = 2026
LAST_DAY_SENT, LAST_DAY_SENT_LATER = date(2026, 3, 27), date(2026, 3, 31)
"""Where attendance of the year in progress ends on the first night, and on the second."""
CLOSED_FOR_A_DAY = 57
"""Day of the year on which one school of every third district is closed: a pipe burst."""


@dataclass(frozen=True)
class SchoolYear:
    """One district's school year.

    Attributes:
        school_year: the year in which it ends.
        weekdays: every weekday from the first to the last day of instruction.
        events: by weekday without instruction, why.
        days: the district's days of instruction, in order; elsewhere a day is its place in here.
        is_open: by school and day, whether the school was open.
        minutes: by school and day, how long the day was; 0 when it was closed.
    """

    school_year: int
    weekdays: list[date]
    events: dict[date, str]
    days: NDArray[np.datetime64]
    is_open: Bools
    minutes: Ints

    def day_after(self, when: date) -> int:
        """The first day of instruction on or after a date."""
        return int(np.searchsorted(self.days, np.datetime64(when)))

    def n_days_until(self, when: date | None) -> int:
        """Days of instruction up to a date, that one included; all of them without one."""
        return len(self.days) if when is None else int(np.searchsorted(self.days, np.datetime64(when), side="right"))


def last_day_sent(school_year: int, *, later: bool) -> date | None:
    """Where a year's attendance ends; None when the year is over."""
    if school_year != YEAR_IN_PROGRESS:
        return None
    return LAST_DAY_SENT_LATER if later else LAST_DAY_SENT


def make_school_year(district: MadeUpDistrict, school_year: int) -> SchoolYear:
    """The calendar of one district and year."""
    holidays = _holidays(district.number, school_year)
    day = _first_day(district.number, school_year)
    weekdays, days = [], []
    while len(days) < DAYS_IN_SESSION:
        if day.weekday() < 5:
            weekdays.append(day)
            if day not in holidays:
                days.append(day)
        day += timedelta(days=1)
    n_schools = len(district.schools)
    is_open = np.ones((n_schools, len(days)), dtype=bool)
    if district.number % 3 == 0 and n_schools > 1:
        is_open[0, CLOSED_FOR_A_DAY] = False
    usual = np.array([_usual_minutes(district.number, school.level) for school in district.schools], dtype=np.int64)
    halves = np.array([_is_half_day(district.number, each, at) for at, each in enumerate(days)])
    minutes = np.where(halves[None, :], usual[:, None] // 2, usual[:, None]) * is_open
    events = {each: holidays[each] for each in weekdays if each in holidays}
    return SchoolYear(school_year, weekdays, events, np.array(days, dtype="datetime64[D]"), is_open, minutes)


def _usual_minutes(number: int, level: str) -> int:
    return DAY_MINUTES[(number + ("elementary", "middle", "high", "combined").index(level)) % 3]


def _is_half_day(number: int, day: date, at: int) -> bool:
    """The last day before Thanksgiving and of the year; in half of the districts also a Friday a month."""
    day_before = _nth(day.year, 11, 3, 4) - timedelta(days=1)
    monthly = number % 2 == 0 and day.weekday() == 4 and day.day <= 7
    return day == day_before or at == DAYS_IN_SESSION - 1 or monthly


def _first_day(number: int, school_year: int) -> date:
    """The last Monday of August, or up to a week and a half later."""
    monday = date(school_year - 1, 8, 31)
    monday -= timedelta(days=monday.weekday())
    return monday + timedelta(days=(0, 1, 2, 3, 8, 9)[number % 6])


def _holidays(number: int, school_year: int) -> dict[date, str]:
    autumn, spring = school_year - 1, school_year
    found = {
        _nth(autumn, 9, 0, 1): "Labor Day",
        _nth(autumn, 10, 0, 2): "Columbus Day",
        date(autumn, 11, 11): "Veterans Day",
        _nth(spring, 1, 0, 3): "Martin Luther King Jr. Day",
        date(spring, 6, 19): "Juneteenth",
    }
    memorial = date(spring, 5, 31)
    found[memorial - timedelta(days=memorial.weekday())] = "Memorial Day"
    thanksgiving = _nth(autumn, 11, 3, 4)
    winter = date(autumn, 12, 24 - number % 2)
    found |= _run(thanksgiving, 2, "Thanksgiving") | _run(
        winter, (date(spring, 1, 1) - winter).days + 1, "Winter recess"
    )
    if number % 4 == 3:
        return found | _run(_nth(spring, 3, 0, 2), 5, "March recess")
    return found | _run(_nth(spring, 2, 0, 3), 5, "February recess") | _run(_nth(spring, 4, 0, 3), 5, "April recess")


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _run(first: date, days: int, event: str) -> dict[date, str]:
    return {first + timedelta(days=each): event for each in range(days)}
