"""Made-up incidents and what was done about them.

Belongs here: incidents of one district and year, and the days of suspension that attendance must show. Does not belong
here: attendance itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthetic.calendars import SchoolYear
from synthetic.enrolment import Enrolled
from synthetic.places import MadeUpDistrict
from synthetic.published_figures import DISCIPLINED, OUT_OF_SCHOOL
from synthetic.stream import Bools, Ints, Stream

BEHAVIORS = ("Disruption", "Fighting", "Bullying", "Substances", "Property", "Threat")
BEHAVIOR_TYPES = ("disruption", "assault", "bullying", "drugs", "property", "assault")
"""What each of them is in words that are the same everywhere."""
_FIRST_GRADE = 4
_LONGEST = 5


@dataclass
class Incidents:
    """One place an incident, in order of span and day.

    Attributes:
        span: place of the enrolment span in which it happened.
        day: when.
        behavior: place in ``BEHAVIORS``.
        is_out: suspended out of school; else in school.
        days: days of suspension, which begins on the day after.
    """

    span: Ints
    day: Ints
    behavior: Ints
    is_out: Bools
    days: Ints

    def __len__(self) -> int:
        return len(self.span)


def make_incidents(district: MadeUpDistrict, year: SchoolYear, enrolled: Enrolled, seed: int) -> Incidents:
    """At most one incident a span, so that no two suspensions overlap; each is over before the span ends."""
    spans, people = enrolled.spans, enrolled.people
    stream = Stream(seed, district.number, year.school_year, "discipline")
    draw, when = stream.units(len(spans)), stream.units(len(spans))
    length = spans.exit - spans.entry - _LONGEST - 1
    likely = DISCIPLINED * np.where(people.low_income[spans.person], 1.6, 0.6) * 1.4
    may = (people.grade[spans.person] >= _FIRST_GRADE) & (people.absence[spans.person] > 0) & (length > 0)
    span = np.flatnonzero((draw < likely) & may)
    n = len(span)
    return Incidents(
        span=span,
        day=spans.entry[span] + (when[span] * length[span]).astype(np.int64),
        behavior=stream.whole(0, len(BEHAVIORS) - 1, n),
        is_out=stream.chance(OUT_OF_SCHOOL, n),
        days=stream.whole(1, _LONGEST, n),
    )
