"""Everything about one district's pupils in one school year, before anybody writes it down.

Belongs here: putting calendar, enrolment, discipline and attendance together, as they are on each night. Does not
belong here: how any of it is drawn or written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from synthetic.attendance import Attendance, make_attendance
from synthetic.calendars import SchoolYear, last_day_sent, make_school_year
from synthetic.discipline import Incidents, make_incidents
from synthetic.enrolment import Enrolled, Spans, enrol
from synthetic.people import People, join_people
from synthetic.places import MadeUpDistrict


@dataclass(frozen=True)
class Records:
    """One district's pupils in one school year; ``whole_year`` may hold days that are not over yet."""

    district: MadeUpDistrict
    year: SchoolYear
    enrolled: Enrolled
    incidents: Incidents
    whole_year: Attendance

    def attendance(self, *, later: bool = False) -> Attendance:
        """What the district knows on the first night, or ``later``, on the second."""
        return self.whole_year.take(self.whole_year.day < self._days_known(later=later))

    def incidents_known(self) -> np.ndarray:
        """Which incidents the district knows on the first night."""
        return self.incidents.day < self._days_known(later=False)

    def _days_known(self, *, later: bool) -> int:
        return self.year.n_days_until(last_day_sent(self.year.school_year, later=later))


def make_records(district: MadeUpDistrict, school_year: int, districts: Sequence[MadeUpDistrict], seed: int) -> Records:
    """Draw one district's year."""
    year = make_school_year(district, school_year)
    enrolled = enrol(district, year, districts, seed)
    incidents = make_incidents(district, year, enrolled, seed)
    parts = list(make_attendance(district, year, enrolled, incidents, seed))
    columns = ("span", "day", "category", "absent", "minutes")
    whole_year = Attendance(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))
    return Records(district, year, enrolled, incidents, whole_year)


def add_pupil(records: Records, pupil: People, entry: int) -> Records:
    """The same records with one more pupil, who enters on a day and is never absent."""
    people, spans = records.enrolled.people, records.enrolled.spans
    school = records.district.schools_of(int(pupil.grade[0]))[0]
    added = (len(people), school, entry, len(records.year.days) - 1, False)
    columns = (spans.person, spans.school, spans.entry, spans.exit, spans.is_ended)
    longer = Spans(*(np.append(column, value) for column, value in zip(columns, added, strict=True)))
    return replace(records, enrolled=Enrolled(join_people([people, pupil]), longer))
