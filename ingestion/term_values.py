"""What a cell of a configuration's tables may hold: exact numbers, grades, days of every year.

Belongs here: a check or a reading that records of several tables share. Does not belong here: the records.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.collaborative import Period

GRADES = ("PK", "KG", *(f"{grade:02}" for grade in range(1, 13)))


def check_digits(*numbers: Decimal | None) -> None:
    """Refuse a number of which digits would be lost.

    Raises:
        ValueError: it has more than six digits after the point.
    """
    if any(number is not None and number != round(number, 6) for number in numbers):
        raise ValueError("a number has more than six digits after the point, which is all that is kept")


def check_grades(grades: str) -> None:
    """Refuse grades that the contracts do not know.

    Raises:
        ValueError: with the grades that may stand there.
    """
    if set(grades.split(" ")) - set(GRADES):
        raise ValueError(f"grades must be of {' '.join(GRADES)}, divided by one blank")


def check_days(*days: str) -> None:
    """Refuse what is no day of every year, written as month and day."""
    for day in days:
        _day_of(2001, day)


def day_in(period: Period, day: str) -> date:
    """The day of the year that lies in the school year."""
    first = _day_of(period.starts_on.year, day)
    return first if first >= period.starts_on else _day_of(period.starts_on.year + 1, day)


def _day_of(year: int, day: str) -> date:
    try:
        return date.fromisoformat(f"{year}-{day}")
    except ValueError:
        raise ValueError(f"a day of every year is written as 09-01, not {day}") from None
