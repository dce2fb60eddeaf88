"""Who was absent when: one year's attendance of a district.

Belongs here: absences, tardies, part days and days of suspension. Does not belong here: writing them, or counting them
(``truth.py``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from synthetic.calendars import YEAR_IN_PROGRESS, SchoolYear
from synthetic.discipline import Incidents
from synthetic.enrolment import Enrolled
from synthetic.places import SILENT, MadeUpDistrict
from synthetic.planted import POOLED_ABSENT, is_pooled
from synthetic.stream import Ints, Stream

CATEGORIES = ("present", "excused", "unexcused", "tardy", "partial", "ISS", "OSS")
PRESENT, EXCUSED, UNEXCUSED, TARDY, PARTIAL, IN_SCHOOL, OUT_OF_SCHOOL = range(len(CATEGORIES))
_TARDY_MINUTES = 15
_TARDY_SHARE = 0.008
_CHUNK = 20_000


@dataclass
class Attendance:
    """One place a pupil's day, in order of span and day.

    Attributes:
        span: place of the enrolment span.
        day: place of the day.
        category: place in ``CATEGORIES``.
        absent: minutes away.
        minutes: minutes that the day had.
    """

    span: Ints
    day: Ints
    category: Ints
    absent: Ints
    minutes: Ints

    def take(self, chosen: np.ndarray) -> Attendance:
        """Only the chosen days, in that order."""
        return Attendance(
            self.span[chosen], self.day[chosen], self.category[chosen], self.absent[chosen], self.minutes[chosen]
        )


def make_attendance(
    district: MadeUpDistrict, year: SchoolYear, enrolled: Enrolled, incidents: Incidents, seed: int
) -> Iterator[Attendance]:
    """The whole year in parts of some thousand spans: what the district sends, day by day or absences only."""
    stream = Stream(seed, district.number, year.school_year, "attendance")
    for first in range(0, len(enrolled.spans), _CHUNK):
        rows = slice(first, min(first + _CHUNK, len(enrolled.spans)))
        grid = _draw_grid(stream, year, enrolled, rows)
        _write_suspensions(grid, incidents, rows)
        _write_pooled(grid, enrolled, rows)
        grid[~_is_expected(district, year, enrolled, rows)] = -1
        yield _list_days(grid, district, year, enrolled, first)


def _draw_grid(stream: Stream, year: SchoolYear, enrolled: Enrolled, rows: slice) -> np.ndarray:
    """A category for each span and day: absent as likely as the person is, and late now and then."""
    likely = enrolled.people.absence[enrolled.spans.person[rows]].astype(np.float32)[:, None]
    draw = stream.unit_grid(len(likely), len(year.days))
    grid = np.zeros(draw.shape, dtype=np.int8)
    grid[draw < likely] = EXCUSED
    grid[draw < likely * np.float32(0.5)] = UNEXCUSED
    grid[draw < likely * np.float32(0.07)] = PARTIAL
    grid[(draw > 1 - _TARDY_SHARE) & (likely > 0)] = TARDY
    return grid


def _write_suspensions(grid: np.ndarray, incidents: Incidents, rows: slice) -> None:
    here = (incidents.span >= rows.start) & (incidents.span < rows.stop)
    span, days = incidents.span[here] - rows.start, incidents.days[here]
    category = np.where(incidents.is_out[here], OUT_OF_SCHOOL, IN_SCHOOL)
    for each in range(int(days.max(initial=0))):
        lasts = days > each
        grid[span[lasts], incidents.day[here][lasts] + 1 + each] = category[lasts]


def _write_pooled(grid: np.ndarray, enrolled: Enrolled, rows: slice) -> None:
    planted = np.flatnonzero(is_pooled(enrolled.people)[enrolled.spans.person[rows]])
    for each in POOLED_ABSENT:
        grid[planted, enrolled.spans.entry[rows][planted] + each] = UNEXCUSED


def _is_expected(district: MadeUpDistrict, year: SchoolYear, enrolled: Enrolled, rows: slice) -> np.ndarray:
    """Whether the pupil should be there: enrolled, the school open, and not the school that sends nothing."""
    spans, days = enrolled.spans, np.arange(len(year.days))
    school = spans.school[rows]
    enrolled_then = (days >= spans.entry[rows][:, None]) & (days <= spans.exit[rows][:, None])
    expected = enrolled_then & year.is_open[school]
    if silent_school(district, year.school_year) is not None:
        expected[school == silent_school(district, year.school_year)] = False
    return expected


def silent_school(district: MadeUpDistrict, school_year: int) -> int | None:
    """Place of the school that sends no attendance that year."""
    is_it = district.number == SILENT and school_year == YEAR_IN_PROGRESS and len(district.schools) > 2
    return 1 if is_it else None


def _list_days(
    grid: np.ndarray, district: MadeUpDistrict, year: SchoolYear, enrolled: Enrolled, first: int
) -> Attendance:
    least = PRESENT if district.sends_every_day else EXCUSED
    span, day = np.nonzero(grid >= least)
    category = grid[span, day].astype(np.int64)
    minutes = year.minutes[enrolled.spans.school[span + first], day]
    part = minutes * (1 + (span * 7 + day) % 4) // 6
    absent = np.select(
        [category == PARTIAL, category == TARDY, (category == PRESENT) | (category == IN_SCHOOL)],
        [part, np.full(len(span), _TARDY_MINUTES), np.zeros(len(span), dtype=np.int64)],
        default=minutes,
    )
    return Attendance(span + first, day, category, absent, minutes)
