"""The made-up districts and their schools.

Belongs here: who they are, how large, and what each one does in its own way. Does not belong here: their pupils.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from synthetic.published_figures import LOW_INCOME

GRADES = ("PK", "KG", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
"""Grades in order; elsewhere a grade is its place in here."""

_DEMO = (
    # number, name, pupils, low income against the state's share
    (1, "Alder", 560, 0.8),
    (2, "Birch", 420, 1.3),
    (3, "Cedar", 1150, 1.1),
    (4, "Dogwood", 600, 0.6),
    (5, "Elm", 230, 0.5),
    (6, "Fir-Gale", 700, 1.6),
    (7, "Hazel", 400, 1.25),
    (8, "Ivy", 800, 0.9),
    (9, "Juniper", 280, 1.5),
    (10, "Larch Charter Public (District)", 240, 1.4),
    (11, "Maple Regional Vocational Technical", 350, 1.2),
    (13, "Oak", 270, 0.4),
)
_MORE = """
Pine Quince Rowan Sumac Tamarack Viburnum Willow Yarrow Aspen Beech Cypress Damson Elder Fern Gorse Hemlock Iris
Jasmine Kapok Laurel Medlar Nutmeg Olive Poplar Quillwort Redwood Spruce Thistle Umber Vetch Walnut Yew Acacia Bramble
Clover Dahlia Ebony Foxglove
"""
_MORE_NAMES = _MORE.split()
DEMO_DISTRICTS, MOST_DISTRICTS = len(_DEMO), len(_DEMO) + len(_MORE_NAMES)

_CHARTER, _VOCATIONAL = 10, 11
BETTER = (2, 9)
"""Districts with much need and little absence: what a comparison at like need must find."""
_SENDS_EVERYTHING = (1, 8)
"""Districts of the demo that send every extract; the others send pupils' records and the ledger only."""
_SENDS_EVERY_DAY = (5, 9)
"""Districts of the demo that send a row for each pupil and day; the others send absences only."""
_LEAVES_CODES_TO_CROSSWALK = (4, 5)
"""Districts of the demo whose charts hold local codes only; the demo's account crosswalk says where they belong."""
SILENT = 6
"""The district of which one school sends no attendance in the year in progress."""


@dataclass(frozen=True)
class MadeUpSchool:
    """One school: its id and name, its level, its first and last grade, and its share of the pupils of a grade."""

    school_id: str
    name: str
    level: str
    first_grade: int
    last_grade: int


@dataclass(frozen=True)
class MadeUpDistrict:
    """One district.

    Attributes:
        number: tells districts apart; what is drawn depends on it alone.
        name: says that it is synthetic.
        pupils: how many there are in a year, about.
        low_income: share of pupils of low income.
        schools: its schools.
        sends_every_day: it sends a row for each pupil and day; the others send absences only.
        leaves_codes: its chart holds local codes only.
    """

    number: int
    name: str
    pupils: int
    low_income: float
    schools: tuple[MadeUpSchool, ...]
    sends_every_day: bool = False
    leaves_codes: bool = False

    @property
    def district_id(self) -> str:
        """Eight digits, of which the schools' ids share the first four."""
        return f"{9000 + self.number}0000"

    @property
    def has_all_grades(self) -> bool:
        """Whether a pupil of any grade can move there."""
        return self.number not in (_CHARTER, _VOCATIONAL)

    @property
    def is_better(self) -> bool:
        """Whether its pupils are absent much less than their need lets expect."""
        return self.number in BETTER

    def schools_of(self, grade: int) -> list[int]:
        """Places in ``schools`` of those that have the grade."""
        return [at for at, school in enumerate(self.schools) if school.first_grade <= grade <= school.last_grade]


def sends_everything(district: MadeUpDistrict, districts: Sequence[MadeUpDistrict]) -> bool:
    """Whether a district sends every extract; in the demo two do, so that it stays quick."""
    return district.number in _SENDS_EVERYTHING or len(districts) > len(_DEMO)


def make_districts(scale: Fraction | None = None, count: int | None = None) -> list[MadeUpDistrict]:
    """The districts, by number.

    Args:
        scale: 1 is a million pupils in all; None keeps the demo's own sizes.
        count: how many districts; 12 without a scale, else 50.
    """
    if scale is None:
        chosen = [(number, name, pupils, need) for number, name, pupils, need in _DEMO][: count or len(_DEMO)]
        return [_make_district(number, name, pupils, need, school_size=50) for number, name, pupils, need in chosen]
    named = [(number, name, need) for number, name, _, need in _DEMO]
    named += [(14 + at, name, 0.3 + (at * 7 % 38) / 24) for at, name in enumerate(_MORE_NAMES)]
    named = named[: count or MOST_DISTRICTS]
    weights = [Fraction(1, 5 + at) for at in range(len(named))]
    sizes = [max(40, int(1_000_000 * scale * weight / sum(weights))) for weight in weights]
    rows = zip(named, sizes, strict=True)
    made = [_make_district(number, name, size, need, school_size=100) for (number, name, need), size in rows]
    return [*made[:-1], replace(made[-1], sends_every_day=True)]


def _make_district(number: int, name: str, pupils: int, need: float, school_size: int) -> MadeUpDistrict:
    levels = _levels(number, pupils, school_size)
    schools = []
    for level, first, last, count in levels:
        for each in range(count):
            at = len(schools)
            school_id = f"{9000 + number}{5 * (at + 1):04d}"
            label = f"{level.capitalize()} School {each + 1}" if count > 1 else f"{level.capitalize()} School"
            schools.append(MadeUpSchool(school_id, f"Synthetic {name} {label}", level, first, last))
    low_income = min(0.9, need * LOW_INCOME)
    is_demo = school_size < 100
    return MadeUpDistrict(
        number=number,
        name=f"Synthetic {name}",
        pupils=pupils,
        low_income=low_income,
        schools=tuple(schools),
        sends_every_day=is_demo and number in _SENDS_EVERY_DAY,
        leaves_codes=is_demo and number in _LEAVES_CODES_TO_CROSSWALK,
    )


def _levels(number: int, pupils: int, school_size: int) -> list[tuple[str, int, int, int]]:
    """Level, first and last grade, and how many such schools; ``school_size`` is in per cent of a usual school's."""

    def schools(grades: int, usual_size: int) -> int:
        return max(1, round(pupils * grades / len(GRADES) * 100 / (usual_size * school_size)))

    if number == _VOCATIONAL:
        return [("high", 10, 13, max(1, pupils // 1500))]
    if number == _CHARTER:
        return [("combined", 1, 9, max(1, pupils // 900))]
    if pupils < 300:
        return [("combined", 0, 9, 1), ("high", 10, 13, 1)]
    return [
        ("elementary", 0, 6, schools(7, 420)),
        ("middle", 7, 9, schools(3, 600)),
        ("high", 10, 13, schools(4, 900)),
    ]
