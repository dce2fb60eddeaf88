"""Who is enrolled where and when: spans with moves, within a district and between districts.

Belongs here: a district's persons and spans of one school year. Does not belong here: their attendance, or how spans
are written. A district is made alone: what moves in is drawn from the streams of its neighbours, not from their files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from synthetic.calendars import SchoolYear, last_day_sent
from synthetic.people import People, choose_school, draw_people, join_people, make_residents, state_number
from synthetic.places import MadeUpDistrict
from synthetic.planted import plant
from synthetic.published_figures import (
    EARLY_EXITS,
    LATE_ENTRIES,
    MOVES_BETWEEN_DISTRICTS,
    MOVES_WITHIN_DISTRICT,
)
from synthetic.stream import Ints, Stream

_FIRST_GRADE_THAT_MOVES = 1


@dataclass
class Spans:
    """One place an enrolment span, in order of person and entry.

    Attributes:
        person: place of the person.
        school: place of the school.
        entry: first day, as a place in the year's days.
        exit: last day, that one included.
        is_ended: whether the district says when it ended.
    """

    person: Ints
    school: Ints
    entry: Ints
    exit: Ints
    is_ended: np.ndarray

    def __len__(self) -> int:
        return len(self.person)


@dataclass
class Enrolled:
    """The pupils of one district and year, and their spans."""

    people: People
    spans: Spans


def enrol(district: MadeUpDistrict, year: SchoolYear, districts: Sequence[MadeUpDistrict], seed: int) -> Enrolled:
    """Everyone who is enrolled in a district in one school year.

    Args:
        district: whose pupils.
        year: its calendar.
        districts: the whole collaborative, in any order; pupils move between them.
        seed: of all draws.
    """
    residents = make_residents(district, seed, year.school_year)
    parts = [_resident_spans(district, year, residents, seed)]
    parts += [_mover_spans(district, year, *moved) for moved in _movers(district, districts, year.school_year, seed)]
    parts += [Enrolled(people, Spans(*columns)) for people, *columns in plant(district, year, districts, seed)]
    return _as_of(_join(parts), year)


def _as_of(enrolled: Enrolled, year: SchoolYear) -> Enrolled:
    """What a district knows on the first night: of the year in progress, nobody who comes later, no later exit."""
    spans, last = enrolled.spans, len(year.days) - 1
    n_known = year.n_days_until(last_day_sent(year.school_year, later=False))
    known = np.flatnonzero(spans.entry < n_known)
    persons, person = np.unique(spans.person[known], return_inverse=True)
    exit_ = np.where(spans.exit[known] < n_known, spans.exit[known], last)
    is_ended = spans.is_ended[known] & (exit_ < last)
    return Enrolled(
        enrolled.people.take(persons), Spans(person, spans.school[known], spans.entry[known], exit_, is_ended)
    )


def _resident_spans(district: MadeUpDistrict, year: SchoolYear, people: People, seed: int) -> Enrolled:
    """A span for each resident; some come late, some leave early, some change schools in the middle."""
    n, last = len(people), len(year.days) - 1
    stream = Stream(seed, district.number, year.school_year, "spans")
    draw, when = stream.units(n), stream.whole(15, last - 15, n)
    late, early = draw < LATE_ENTRIES, draw > 1 - EARLY_EXITS
    second_school = choose_school(district, people, other=True)
    moves = (draw > 0.5) & (draw < 0.5 + MOVES_WITHIN_DISTRICT) & (second_school >= 0)
    entry = np.where(late, when, 0)
    exit_ = np.where(early | moves, when, last)
    first = (np.arange(n), choose_school(district, people), entry, exit_, early | moves)
    to = np.flatnonzero(moves)
    second = (to, second_school[to], when[to] + 1, np.full(len(to), last), np.zeros(len(to), dtype=bool))
    both: list[Ints] = [np.concatenate(columns) for columns in zip(first[:4], second[:4], strict=True)]
    person, school, came, left = both
    return Enrolled(people, _sorted(Spans(person, school, came, left, np.concatenate([first[4], second[4]]))))


def _movers(
    district: MadeUpDistrict, districts: Sequence[MadeUpDistrict], school_year: int, seed: int
) -> list[tuple[People, Ints, Ints]]:
    """Those who come from the district itself and from the two before it in the ring; with them their legs' dates."""
    ring = sorted((each for each in districts if each.has_all_grades), key=lambda each: each.number)
    if not district.has_all_grades or len(ring) < 3:
        return []
    here = [each.number for each in ring].index(district.number)
    found = []
    for leg in range(3):
        people, begins, ends, legs = _draw_movers(ring[here - leg], school_year, seed)
        comes = legs > leg
        people.local_number = 700_000 + leg * 60_000 + (school_year % 25) * 2_000 + np.arange(len(people))
        found.append((people.take(comes), begins[leg][comes], ends[leg][comes]))
    return found


def _draw_movers(origin: MadeUpDistrict, school_year: int, seed: int) -> tuple[People, Ints, Ints, Ints]:
    """Who leaves a district in a year: days after 1 September on which each leg begins and ends, and how many legs."""
    n = min(2_000, max(3, round(origin.pupils * MOVES_BETWEEN_DISTRICTS)))
    stream = Stream(seed, origin.number, school_year, "movers")
    grade = stream.whole(_FIRST_GRADE_THAT_MOVES, 13, n)
    people = draw_people(stream, n, origin, school_year - grade - 5, grade)
    people.state_number = state_number(origin.number, 5_000_000 + (school_year % 25) * 2_000 + np.arange(n))
    legs = 2 + stream.chance(1 / 3, n).astype(np.int64)
    first_end, second_end = stream.whole(25, 120, n), stream.whole(150, 230, n)
    begins = np.stack([np.full(n, -60), first_end + 4, second_end + 4])
    ends = np.stack([first_end, np.where(legs > 2, second_end, 999), np.full(n, 999)])
    return people, begins, ends, legs


def _mover_spans(district: MadeUpDistrict, year: SchoolYear, people: People, begin: Ints, end: Ints) -> Enrolled:
    """One leg of each mover, between two dates, in the days of this district's calendar."""
    september, last = np.datetime64(date(year.school_year - 1, 9, 1)), len(year.days) - 1
    entry = np.searchsorted(year.days, september + begin.astype("timedelta64[D]"))
    exit_ = np.searchsorted(year.days, september + end.astype("timedelta64[D]"), side="right") - 1
    fits = np.flatnonzero((entry <= exit_) & (entry <= last))
    people, entry, exit_ = people.take(fits), entry[fits], exit_[fits]
    spans = Spans(np.arange(len(people)), choose_school(district, people), entry, exit_, exit_ < last)
    return Enrolled(people, spans)


def _join(parts: list[Enrolled]) -> Enrolled:
    offsets = np.cumsum([0, *(len(part.people) for part in parts[:-1])])
    spans = Spans(
        np.concatenate([part.spans.person + offset for part, offset in zip(parts, offsets, strict=True)]),
        *(
            np.concatenate([getattr(part.spans, name) for part in parts])
            for name in ("school", "entry", "exit", "is_ended")
        ),
    )
    return Enrolled(join_people([part.people for part in parts]), _sorted(spans))


def _sorted(spans: Spans) -> Spans:
    order = np.lexsort((spans.entry, spans.person))
    return Spans(*(getattr(spans, name)[order] for name in ("person", "school", "entry", "exit", "is_ended")))
