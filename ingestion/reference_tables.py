"""Figures from outside that spending is adjusted by: optional tables of a collaborative's configuration.

Belongs here: the records and what must hold between them. Does not belong here: reading them (``configuration.py``)
and the sums (dbt). The product ships none of them: a price index or a state's amount is a published figure, and whoever
adds one says in ``note`` where it stands and under which licence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

BASE_YEAR = "real_dollars_fiscal_year"
"""The threshold that names the fiscal year in whose dollars real spending is expressed."""


@dataclass(frozen=True)
class CpiMonth:
    """Consumer prices of one month; a fiscal year's are the mean of its twelve months, July to June.

    Attributes:
        month: its first day.
        value: the index.
        note: where the figure stands, for people.
    """

    month: date
    value: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        if self.month.day != 1:
            raise ValueError("month must be the first day of a month")
        _check_number(self.value, above=Decimal(0))


@dataclass(frozen=True)
class CostIndex:
    """What it costs to employ people where a district is, against the whole country (CWIFT); 1 is the mean."""

    district_id: str
    index_year: int
    value: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        _check_number(self.value, above=Decimal(0))


@dataclass(frozen=True)
class StateFoundation:
    """What a state's circuit breaker pays back of the cost of one pupil.

    Attributes:
        state: two letters, as in ``collaborative.yaml``.
        fiscal_year: year of the cost.
        amount_usd: the state's average foundation budget of a pupil.
        multiplier: how many of them stay with the district.
        reimbursement_rate: share of what is above that is paid back.
        paid_share: share of the claims that the year's appropriation paid.
        note: where the figures stand, for people.
    """

    state: str
    fiscal_year: int
    amount_usd: Decimal
    multiplier: Decimal
    reimbursement_rate: Decimal
    paid_share: Decimal = Decimal(1)
    note: str = ""

    def __post_init__(self) -> None:
        for number in (self.amount_usd, self.multiplier):
            _check_number(number, above=Decimal(0))
        if not (0 <= self.reimbursement_rate <= 1 and 0 <= self.paid_share <= 1):
            raise ValueError("reimbursement_rate and paid_share are shares, from 0 to 1")


@dataclass(frozen=True)
class NeedWeight:
    """How much more a pupil of a group counts in need-weighted spending; a pupil of two groups counts both.

    Attributes:
        subgroup: the group.
        weight: what is added to the 1 that every pupil counts.
        from_school_year: first school year in which this holds; since ever when left out.
        to_school_year: last school year; without end when left out.
        note: whose weight it is, for people.
    """

    subgroup: Literal["low_income", "english_learner", "students_with_disabilities"]
    weight: Decimal
    from_school_year: int | None = None
    to_school_year: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        _check_number(self.weight, above=Decimal(-1))
        if (self.from_school_year or 0) > (self.to_school_year or 9999):
            raise ValueError("from_school_year is after to_school_year")

    def meets(self, other: NeedWeight) -> bool:
        """Whether both speak of the same group in some year."""
        return (
            self.subgroup == other.subgroup
            and (self.from_school_year or 0) <= (other.to_school_year or 9999)
            and (other.from_school_year or 0) <= (self.to_school_year or 9999)
        )


def find_reference_faults(
    prices: Sequence[CpiMonth],
    costs: Sequence[CostIndex],
    foundations: Sequence[StateFoundation],
    weights: Sequence[NeedWeight],
    district_ids: Collection[str],
    thresholds: Mapping[str, Decimal],
    state: str,
) -> Iterator[str]:
    """What is wrong between the tables and the rest of the configuration, as ``file:line:column: message``."""
    if prices:
        yield from _find_base_year_faults(prices, thresholds.get(BASE_YEAR))
    for district_id in sorted({cost.district_id for cost in costs} - set(district_ids)):
        yield f"cwift.csv:1:district_id: {district_id} is not in districts.csv"
    for other in sorted({foundation.state for foundation in foundations} - {state}):
        yield f"state_foundation.csv:1:state: {other} is not {state}, the state of collaborative.yaml; remove its rows"
    for at, weight in enumerate(weights):
        if any(weight.meets(other) for other in weights[:at]):
            yield (
                f"need_weights.csv:1:subgroup: {weight.subgroup} has two weights in one year; "
                "let one end before the other begins"
            )


def _find_base_year_faults(prices: Sequence[CpiMonth], base_year: Decimal | None) -> Iterator[str]:
    """Real dollars need a whole base year, of twelve months; without one no year would have any."""
    if base_year is None:
        yield f"cpi_u.csv:1:month: needs the fiscal year of real dollars; add {BASE_YEAR} to thresholds.csv"
        return
    if base_year != int(base_year) or not 1901 <= base_year <= 2999:
        yield f"thresholds.csv:1:value: {BASE_YEAR} must be a year, as 2025"
        return
    year = int(base_year)
    months = [*(date(year - 1, month, 1) for month in range(7, 13)), *(date(year, month, 1) for month in range(1, 7))]
    missing = sorted(set(months) - {price.month for price in prices})
    if missing:
        yield (
            f"cpi_u.csv:1:month: {', '.join(map(str, missing))} missing of {BASE_YEAR} {year}, July to June; "
            "add the months or take a year that is there whole"
        )


def _check_number(number: Decimal, above: Decimal) -> None:
    if number <= above or number != round(number, 6):
        raise ValueError(f"a number must be above {above}, with at most six digits after the point")
