"""Made-up pupils as persons: what stays the same of them from one school year to the next.

Belongs here: ids, names and traits, whole columns at a time. Does not belong here: where a pupil is enrolled when.
Residents come in cohorts, so that a year's pupils are last year's, one grade on; movers belong to one year.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

import numpy as np
from numpy.typing import NDArray

from synthetic.places import GRADES, MadeUpDistrict
from synthetic.published_figures import (
    ABSENCE_OF_LOW_INCOME,
    ABSENCE_OF_OTHERS,
    ABSENCE_QUANTILES,
    ENGLISH_LEARNERS,
    RACE_ETHNICITY,
    WITH_DISABILITIES,
)
from synthetic.stream import Bools, Floats, Ints, Stream

_FIRST = """
Ana José Mei Liam Zoë Amir Nia Óscar Ivy Noah Renée Tomás Aisha Björn Chloé Dmitri Elena Fátima Gael Hana Ines João
Kofi Lucía Mateo Nadia Omar Priya Quinn Rosa Sofía Thiago Uma Vera Wei Ximena Yusuf Zara
"""
_LAST = """
García O'Neil Smith Nguyen López Müller Chen Díaz Okafor Santos Rossi Kowalski Haddad Novák Silva Ivanova Tanaka Peña
Brown Núñez Cohen Baptiste Lindström Moreau Kaya Singh Torres Walsh Young Zhao
"""
FIRST_NAMES, LAST_NAMES = _FIRST.split(), _LAST.split()
LANGUAGES = ("English", "Spanish", "Portuguese", "Haitian Creole", "Chinese", "Arabic", "Vietnamese")
SEXES = ("F", "M", "X")

_REFERENCE_YEAR = 2000
_BETTER = 0.45
"""How much of the usual absence the pupils of a better district have."""


@dataclass
class People:
    """Columns of equal length, one place a person.

    Attributes:
        state_number: the state's id; 0 where the district does not know it.
        local_number: what the district's own id is made from.
        first: place in ``FIRST_NAMES``.
        last: place in ``LAST_NAMES``.
        birth: birth date.
        sex: place in ``SEXES``.
        race: place in ``RACE_ETHNICITY``.
        language: place in ``LANGUAGES``.
        low_income: of low income.
        disabled: with a disability.
        learner: English learner.
        grade: place in ``GRADES``, this year.
        home: from 0 to 1; decides which of a grade's schools.
        absence: share of days that the person is likely to be absent.
        canary: number of the canary whose name and ids the person carries; 0 for none.
    """

    state_number: Ints
    local_number: Ints
    first: Ints
    last: Ints
    birth: NDArray[np.datetime64]
    sex: Ints
    race: Ints
    language: Ints
    low_income: Bools
    disabled: Bools
    learner: Bools
    grade: Ints
    home: Floats
    absence: Floats
    canary: Ints

    def __len__(self) -> int:
        return len(self.state_number)

    def take(self, chosen: Ints | Bools) -> People:
        """Only the chosen persons, in that order."""
        return People(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


def join_people(parts: list[People]) -> People:
    """All persons of the parts, in order."""
    return People(
        **{field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(People)}
    )


def make_residents(district: MadeUpDistrict, seed: int, school_year: int) -> People:
    """Persons of the district's own cohorts who are in one of its schools' grades that year."""
    grades = sorted(
        {grade for school in district.schools for grade in range(school.first_grade, school.last_grade + 1)}
    )
    per_grade = max(1, round(district.pupils / len(grades)))
    cohorts = []
    for grade in grades:
        cohort = school_year - _REFERENCE_YEAR - grade
        stream = Stream(seed, district.number, "cohort", cohort)
        born = school_year - grade - 5
        people = draw_people(stream, per_grade, district, np.full(per_grade, born), np.full(per_grade, grade))
        at = np.arange(per_grade)
        people.local_number = 10_000 * (cohort + 20) + at
        has_state_id = ~stream.chance(0.002, per_grade)
        people.state_number = np.where(has_state_id, state_number(district.number, people.local_number), 0)
        cohorts.append(people)
    return join_people(cohorts)


def state_number(number: int, within: Ints) -> Ints:
    """A state id of ten digits that no other district's persons have."""
    return 9_000_000_000 + number * 10_000_000 + within


def draw_people(stream: Stream, n: int, district: MadeUpDistrict, born: Ints, grade: Ints) -> People:
    """Draw the traits of ``n`` persons as they are usual in a district; ids are still 0."""
    low_income = stream.chance(district.low_income, n)
    likely = np.interp(stream.units(n), *ABSENCE_QUANTILES)
    factor = np.where(low_income, ABSENCE_OF_LOW_INCOME, ABSENCE_OF_OTHERS) * (_BETTER if district.is_better else 1.0)
    learner = stream.chance(ENGLISH_LEARNERS * (0.4 + 1.4 * district.low_income), n)
    birth_day = stream.whole(0, 364, n)
    return People(
        state_number=np.zeros(n, dtype=np.int64),
        local_number=np.zeros(n, dtype=np.int64),
        first=stream.whole(0, len(FIRST_NAMES) - 1, n),
        last=stream.whole(0, len(LAST_NAMES) - 1, n),
        birth=_september(born) + birth_day.astype("timedelta64[D]"),
        sex=stream.pick([0.486, 0.513, 0.001], n),
        race=stream.pick([share for _, share in RACE_ETHNICITY], n),
        language=np.where(learner, stream.whole(1, len(LANGUAGES) - 1, n), 0),
        low_income=low_income,
        disabled=stream.chance(WITH_DISABILITIES, n),
        learner=learner,
        grade=grade.astype(np.int64),
        home=stream.units(n),
        absence=np.minimum(likely * factor, 0.6),
        canary=np.zeros(n, dtype=np.int64),
    )


def choose_school(district: MadeUpDistrict, people: People, *, other: bool = False) -> Ints:
    """Each person's school by grade and home; with ``other`` another school that has the grade, or -1."""
    school = np.full(len(people), -1, dtype=np.int64)
    for grade in range(len(GRADES)):
        of_grade = np.array(district.schools_of(grade), dtype=np.int64)
        chosen = people.grade == grade
        if not len(of_grade) or (other and len(of_grade) == 1):
            continue
        at = (people.home[chosen] * len(of_grade)).astype(np.int64)
        school[chosen] = of_grade[(at + int(other)) % len(of_grade)]
    return school


def _september(year: Ints) -> NDArray[np.datetime64]:
    """The first of September of each year."""
    return np.array([date(each, 9, 1) for each in year.tolist()], dtype="datetime64[D]")
