"""Made-up spending of twelve made-up districts, exact to the cent and to the tenth of a pupil.

Belongs here: who the synthetic districts are and what they spent. Does not belong here: how a state's file prints it.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

CENT = Decimal("0.01")
TENTH = Decimal("0.1")

FUNCTIONS = (
    # heading in the statewide file, category in a district's own lines, dollars per pupil to start from
    ("Administration", "Administrative", 550),
    ("Instructional Leadership", "Instructional Leadership", 1060),
    ("Teachers", "Teachers", 5990),
    ("Other Teaching Services", "Other Teaching Services", 1250),
    ("Professional Development", "Professional Development", 200),
    ("Instructional Materials, Equipment and Technology", "Instructional Materials/Equip/Tech", 460),
    ("Guidance, Counseling and Testing", "Guidance, Counseling, Testing", 480),
    ("Pupil Services", "Pupil Services", 1570),
    ("Operations and Maintenance", "Operations and Maintenance", 1150),
    ("Insurance, Retirement Programs and Other", "Benefits and Fixed Charges", 2730),
)
OUT_OF_DISTRICT = "Out-of-District Expenditures"


@dataclass(frozen=True)
class SyntheticDistrict:
    """One made-up district.

    Attributes:
        code: four digits, as the state's older files print it.
        name: says that it is synthetic.
        pupils: average in-district pupils to start from.
        sends_few_away: fewer than six pupils are schooled elsewhere, so their number is not printed.
        is_defunct: still listed in FY2017, without figures; gone in FY2020.
    """

    code: str
    name: str
    pupils: int
    sends_few_away: bool = False
    is_defunct: bool = False


DISTRICTS = (
    SyntheticDistrict("9001", "Synthetic Alder", 1900),
    SyntheticDistrict("9002", "Synthetic Birch", 950),
    SyntheticDistrict("9003", "Synthetic Cedar", 6600),
    SyntheticDistrict("9004", "Synthetic Dogwood", 2400),
    SyntheticDistrict("9005", "Synthetic Elm", 480, sends_few_away=True),
    SyntheticDistrict("9006", "Synthetic Fir-Gale", 3100),
    SyntheticDistrict("9007", "Synthetic Hazel", 1250),
    SyntheticDistrict("9008", "Synthetic Ivy", 4300),
    SyntheticDistrict("9009", "Synthetic Juniper", 760),
    SyntheticDistrict("9010", "Synthetic Larch Charter Public (District)", 540),
    SyntheticDistrict("9011", "Synthetic Maple Regional Vocational Technical", 1280, sends_few_away=True),
    SyntheticDistrict("9012", "Synthetic Nettle", 0, is_defunct=True),
)
DETAILED_DISTRICT = DISTRICTS[2]
"""The district that also delivers its own line items."""


@dataclass(frozen=True)
class SpendingYear:
    """What one district, or all of them, spent in one year.

    Attributes:
        in_district_fte: average pupils at the district's own schools, to a tenth.
        out_of_district_fte: average pupils it pays for elsewhere, to a tenth.
        functions: dollars of the ten functions, in the order of ``FUNCTIONS``.
        out_of_district: dollars paid for pupils schooled elsewhere.
    """

    in_district_fte: Decimal
    out_of_district_fte: Decimal
    functions: tuple[Decimal, ...]
    out_of_district: Decimal

    @property
    def total_fte(self) -> Decimal:
        """All pupils the district pays for."""
        return self.in_district_fte + self.out_of_district_fte

    @property
    def in_district(self) -> Decimal:
        """Dollars of the ten functions together."""
        return sum(self.functions, Decimal(0))

    @property
    def total(self) -> Decimal:
        """All dollars."""
        return self.in_district + self.out_of_district


class Draw:
    """Whole numbers drawn from a seed; only ``random()`` is promised to stay the same from one Python to the next."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - made-up records, not secrets

    def between(self, low: int, high: int) -> int:
        """One whole number from ``low`` to ``high``, both included."""
        return low + int(self._random.random() * (high - low + 1))


def make_fy2017(draw: Draw) -> dict[str, SpendingYear]:
    """Spending of FY2017 by district code; the defunct district has none."""
    return {district.code: _make_year(district, draw) for district in DISTRICTS if not district.is_defunct}


def make_fy2020(fy2017: dict[str, SpendingYear], draw: Draw) -> dict[str, SpendingYear]:
    """Spending of FY2020 by district code: FY2017 some per cent dearer, with slightly more or fewer pupils."""
    return {code: _carry_forward(year, draw) for code, year in fy2017.items()}


def add_up(years: dict[str, SpendingYear]) -> SpendingYear:
    """All districts together: the row that the state prints below them."""
    rows = years.values()
    return SpendingYear(
        in_district_fte=sum((row.in_district_fte for row in rows), Decimal(0)),
        out_of_district_fte=sum((row.out_of_district_fte for row in rows), Decimal(0)),
        functions=tuple(sum(amounts, Decimal(0)) for amounts in zip(*(row.functions for row in rows), strict=True)),
        out_of_district=sum((row.out_of_district for row in rows), Decimal(0)),
    )


def make_line_items(year: SpendingYear, draw: Draw) -> list[tuple[str, str, Decimal]]:
    """Category, item and dollars of each line; each category adds up exactly to the year's figure."""
    totals = {category: amount for (_, category, _), amount in zip(FUNCTIONS, year.functions, strict=True)}
    totals[OUT_OF_DISTRICT] = year.out_of_district
    chart = read_chart_of_line_items()
    lines: list[tuple[str, str, Decimal]] = []
    for category, total in totals.items():
        items = [item for of_category, item in chart if of_category == category]
        # One item of a long category is unused, as districts' own lists print it: with a zero.
        weights = [0 if len(items) > 5 and at == len(items) // 2 else draw.between(1, 100) for at in range(len(items))]
        lines += [(category, item, part) for item, part in zip(items, split_exactly(total, weights), strict=True)]
    return lines


def read_chart_of_line_items() -> list[tuple[str, str]]:
    """The category and item of each line of the state's end-of-year report, in its order."""
    with (Path(__file__).parent / "line_items.csv").open(encoding="utf-8", newline="") as handle:
        return [(row["category"], row["item"]) for row in csv.DictReader(handle)]


def split_exactly(total: Decimal, weights: list[int]) -> list[Decimal]:
    """Split dollars by weight, to the cent; the cents left over go to the largest remainders, ties to the first."""
    cents, weight = int(total / CENT), sum(weights)
    parts = [cents * each // weight for each in weights]
    by_remainder = sorted(range(len(weights)), key=lambda at: (-(cents * weights[at] % weight), at))
    for at in by_remainder[: cents - sum(parts)]:
        parts[at] += 1
    return [part * CENT for part in parts]


def _make_year(district: SyntheticDistrict, draw: Draw) -> SpendingYear:
    in_district_fte = district.pupils * draw.between(970, 1030) // 100 * TENTH
    away = draw.between(11, 59) if district.sends_few_away else draw.between(80, 80 + district.pupils // 2)
    level = draw.between(80, 135)
    functions = tuple(_make_amount(in_district_fte * dollars * level / 100, draw) for _, _, dollars in FUNCTIONS)
    out_of_district = (away * TENTH * draw.between(1_200_000, 2_800_000) * CENT).quantize(CENT)
    return SpendingYear(in_district_fte, away * TENTH, functions, out_of_district)


def _make_amount(around: Decimal, draw: Draw) -> Decimal:
    """Up to 15 % off, plus odd dollars and cents, so that per-pupil figures have to be rounded."""
    return (around * draw.between(850, 1150) / 1000 + draw.between(0, 99_999) * CENT).quantize(CENT)


def _carry_forward(year: SpendingYear, draw: Draw) -> SpendingYear:
    growth = Decimal(draw.between(1050, 1160)) / 1000
    pupils = Decimal(draw.between(960, 1030)) / 1000
    return SpendingYear(
        in_district_fte=(year.in_district_fte * pupils).quantize(TENTH),
        out_of_district_fte=year.out_of_district_fte,
        functions=tuple((amount * growth).quantize(CENT) for amount in year.functions),
        out_of_district=(year.out_of_district * growth).quantize(CENT),
    )
