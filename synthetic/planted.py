"""Pupils planted on purpose: those who are chronically absent only when districts look together, and canaries.

Belongs here: who is planted where, with spans and days of absence. Does not belong here: what is expected of them
(``truth.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from synthetic.calendars import SchoolYear
from synthetic.people import People, choose_school, draw_people
from synthetic.places import MadeUpDistrict
from synthetic.stream import Ints, Stream

POOLED = 4
"""Pupils a year who spend 18 days in each of three districts and are absent on 3 of each 18."""
POOLED_DAYS, POOLED_ABSENT = 18, (4, 9, 14)
_POOLED_FIRST_DAYS = (0, 30, 80)
_POOLED_GRADE = 4
CANARIES = 2
"""Pupils of each district whose names and ids are unlike all others, to be searched for where they must not be."""

_POOLED_STATE, _CANARY_STATE = 9_990_000_000, 9_998_880_000
_PLANTED_LOCAL = 970_000


@dataclass(frozen=True)
class Canary:
    """What nobody may find outside archive and vault."""

    number: int
    district_id: str
    student_local_id: str
    state_student_id: str
    first_name: str
    last_name: str
    birth_date: date


def canary(district: MadeUpDistrict, each: int) -> Canary:
    """One canary of a district; ``each`` counts from 0."""
    number = district.number * CANARIES + each
    return Canary(
        number,
        district.district_id,
        f"CANARYLOCAL{number:03d}",
        str(_CANARY_STATE + number),
        f"Canaryfirst{number:03d}",
        f"Canarylast{number:03d}",
        date(1901, 1 + number % 12, 1 + number % 28),
    )


def canaries(districts: Sequence[MadeUpDistrict]) -> list[Canary]:
    """All of them."""
    return [canary(district, each) for district in districts for each in range(CANARIES)]


def pooled_districts(districts: Sequence[MadeUpDistrict]) -> list[MadeUpDistrict]:
    """The three districts that the pooled pupils pass through; none when there are fewer than three."""
    ring = sorted((each for each in districts if each.has_all_grades), key=lambda each: each.number)
    return ring[:3] if len(ring) >= 3 else []


def pooled_state_number(school_year: int) -> Ints:
    """State ids of the pooled pupils of a year."""
    return _POOLED_STATE + (school_year % 100) * 100 + np.arange(POOLED)


def is_pooled(people: People) -> np.ndarray:
    """Which persons are pooled pupils."""
    return (people.state_number >= _POOLED_STATE) & (people.state_number < _CANARY_STATE)


def plant(
    district: MadeUpDistrict, year: SchoolYear, districts: Sequence[MadeUpDistrict], seed: int
) -> list[tuple[People, Ints, Ints, Ints, Ints, np.ndarray]]:
    """Planted persons of a district and year, and the columns of their spans."""
    found = [_plant_canaries(district, year, seed)]
    along = [each.number for each in pooled_districts(districts)]
    if district.number in along:
        found.append(_plant_pooled(district, year, along.index(district.number), seed))
    return found


def _plant_canaries(district: MadeUpDistrict, year: SchoolYear, seed: int) -> tuple:
    """They are enrolled all year, in the first school's last grade, and absent as others are."""
    stream = Stream(seed, district.number, "canaries")
    grade = np.full(CANARIES, district.schools[0].last_grade)
    people = draw_people(stream, CANARIES, district, year.school_year - grade - 5, grade)
    chosen = [canary(district, each) for each in range(CANARIES)]
    people.canary = np.array([each.number for each in chosen])
    people.state_number = np.array([int(each.state_student_id) for each in chosen])
    people.birth = np.array([each.birth_date for each in chosen], dtype="datetime64[D]")
    people.local_number = _PLANTED_LOCAL + np.arange(CANARIES)
    last = len(year.days) - 1
    spans = (np.arange(CANARIES), choose_school(district, people), np.zeros(CANARIES, dtype=np.int64))
    return (people, *spans, np.full(CANARIES, last), np.zeros(CANARIES, dtype=bool))


def _plant_pooled(district: MadeUpDistrict, year: SchoolYear, leg: int, seed: int) -> tuple:
    stream = Stream(seed, "pooled", year.school_year)
    grade = np.full(POOLED, _POOLED_GRADE)
    people = draw_people(stream, POOLED, district, year.school_year - grade - 5, grade)
    people.state_number = pooled_state_number(year.school_year)
    people.local_number = _PLANTED_LOCAL + 100 + (year.school_year % 25) * POOLED + np.arange(POOLED)
    people.absence = np.zeros(POOLED)
    entry = np.full(POOLED, _POOLED_FIRST_DAYS[leg])
    spans = (np.arange(POOLED), choose_school(district, people), entry, entry + POOLED_DAYS - 1)
    return (people, *spans, np.ones(POOLED, dtype=bool))
