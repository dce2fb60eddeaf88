"""What authorities count absence by: one row of ``attendance_authorities.csv`` each.

Belongs here: the record of the table and what it may say. Does not belong here: reading it (``configuration.py``) and
counting (dbt).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ingestion.term_values import GRADES, check_digits

COUNTABLE = ("excused", "unexcused", "tardy", "partial", "ISS", "OSS", "independent_study", "remote")
"""Categories of attendance that an authority may take for absence: all of the contract's but ``present``."""

AWAY = "excused unexcused tardy partial OSS"
"""What is absence unless an authority says otherwise: away from the school, whatever the reason."""


@dataclass(frozen=True)
class AttendanceAuthority:
    """One definition of absence that is too much: whose it is, for which metric, and where it draws its lines.

    Attributes:
        authority: whose definition; the ``variant`` of its figures.
        metric_id: the metric that follows it; several authorities may share one.
        minimum_days: fewest days enrolled of a pupil who is looked at ...
        partial_day_rule: ``fraction`` counts part of a day as that part; ``half_day`` counts half a day or more as a
            day, and less as none.
        grades: the grades that are looked at, divided by blanks.
        absence_share: least share of the days enrolled that is too much; or
        absence_days: least number of days that is.
        minimum_days_rule: ... ``at_least`` these, or ``more_than`` these.
        minimum_days_present: fewest days of them on which the pupil was not absent.
        counted_categories: kinds of attendance that are absence, divided by blanks. A day of one that is otherwise
            presence (independent study) counts whole unless the row says how many minutes of it were missed.
        leavers: ``count``, or ``leave_out`` who left before the last submitted day.
        exit_day_counts: whether the day of leaving is a day enrolled.
        note: where the definition stands, for people.
    """

    authority: str
    metric_id: str
    minimum_days: int
    partial_day_rule: Literal["fraction", "half_day"]
    grades: str
    absence_share: Decimal | None = None
    absence_days: Decimal | None = None
    minimum_days_rule: Literal["at_least", "more_than"] = "at_least"
    minimum_days_present: int = 0
    counted_categories: str = AWAY
    leavers: Literal["count", "leave_out"] = "count"
    exit_day_counts: bool = True
    note: str = ""

    def __post_init__(self) -> None:
        if self.minimum_days < 1:
            raise ValueError("minimum_days must be 1 or more: nobody is absent from no day")
        if self.minimum_days_present < 0:
            raise ValueError("minimum_days_present must be 0 or more")
        if (self.absence_share is None) == (self.absence_days is None):
            raise ValueError("needs either absence_share or absence_days, and not both")
        if self.absence_share is not None and not 0 < self.absence_share <= 1:
            raise ValueError("absence_share must be above 0 and at most 1")
        if self.absence_days is not None and not 0 < self.absence_days <= 366:
            raise ValueError("absence_days must be above 0 and at most 366")
        check_digits(self.absence_share, self.absence_days)
        _check_words("grades", self.grades, GRADES)
        _check_words("counted_categories", self.counted_categories, COUNTABLE)


def _check_words(name: str, text: str, allowed: Sequence[str]) -> None:
    words = text.split(" ")
    if not set(words) <= set(allowed):
        raise ValueError(f"{name} must be of {' '.join(allowed)}, divided by one blank")
    if len(words) > len(set(words)):
        raise ValueError(f"{name} names one of them twice")
