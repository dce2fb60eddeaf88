"""What operations are counted by: rates of meals, energy of fuels, thresholds of purchasing, hours of the help desk.

Belongs here: the records of the tables and what must hold in one row and between rows. Does not belong here: reading
them (``configuration.py``) and the sums (dbt). Rates of meals and thresholds of purchasing are published figures: the
product ships none, and whoever adds one says in ``note`` where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ingestion.metric_dictionary import metric_definitions

_CLOCK = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")


@dataclass(frozen=True)
class MealRate:
    """What sales beside the meals are turned into meals by: what a free lunch brings in (OP.FS03).

    Attributes:
        school_year: year in which it holds.
        free_lunch_usd: reimbursement of a free lunch.
        usda_foods_usd: value of the food that is given for a lunch.
        note: where the figures stand, for people.
    """

    school_year: int
    free_lunch_usd: Decimal
    usda_foods_usd: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        _check_amount(self.free_lunch_usd, least=Decimal("0.000001"))
        _check_amount(self.usda_foods_usd, least=Decimal(0))


@dataclass(frozen=True)
class FuelFactor:
    """Energy of one unit of a fuel, in thousands of British thermal units; zero for what is none, as water."""

    fuel: str
    unit: str
    kbtu: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        _check_amount(self.kbtu, least=Decimal(0))


@dataclass(frozen=True)
class ProcurementThreshold:
    """Dollars from which on a purchase is to be competitive (OP.PR02).

    Attributes:
        amount_usd: purchases of this much and more count.
        method: how it was bought; left out for every method that no other row names.
        note: which law or policy says so, for people.
    """

    amount_usd: Decimal
    method: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        _check_amount(self.amount_usd, least=Decimal(0))


@dataclass(frozen=True)
class AddressableObject:
    """Whether purchases of an object class could be made together (OP.PR03)."""

    object_class: str
    is_addressable: bool
    note: str = ""


@dataclass(frozen=True)
class BusinessHours:
    """When a help desk is open on one day of the week, by the district's own clock; a day without a row is closed."""

    weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    opens_at: str
    closes_at: str

    def __post_init__(self) -> None:
        if not (_CLOCK.match(self.opens_at) and _CLOCK.match(self.closes_at)):
            raise ValueError("opens_at and closes_at are times of day, as 08:00")
        if self.opens_at >= self.closes_at:
            raise ValueError("opens_at must be before closes_at")

    @property
    def isodow(self) -> int:
        """Monday is 1."""
        return _WEEKDAYS.index(self.weekday) + 1

    @property
    def opens_minute(self) -> int:
        """Minutes after midnight."""
        return _minutes(self.opens_at)

    @property
    def closes_minute(self) -> int:
        """Minutes after midnight."""
        return _minutes(self.closes_at)


@dataclass(frozen=True)
class UsualRange:
    """Between what a metric of operations usually lies, and what it usually does from year to year (rule O01).

    Attributes:
        metric_id: the metric.
        variant: the variant; every one when left out.
        least: the least that is usual; no limit when left out.
        most: the most.
        largest_change: largest usual change from one year to the next, as a share; not asked when left out.
        unit_factor: how many times apart two units are that may be mixed up.
        units: what they are, in words: ``hours and minutes``.
        is_for_parts_of_a_year: whether months and quarters are asked too.
        note: why, for people.
    """

    metric_id: str
    variant: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    largest_change: Decimal | None = None
    unit_factor: Decimal | None = None
    units: str = ""
    is_for_parts_of_a_year: bool = False
    note: str = ""

    def __post_init__(self) -> None:
        for number in (self.least, self.most, self.largest_change, self.unit_factor):
            if number is not None and number != round(number, 6):
                raise ValueError("a number must have at most six digits after the point")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError("least is above most")
        if (self.unit_factor is None) != (not self.units):
            raise ValueError("unit_factor and units belong together")


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def find_operations_faults(
    hours: Sequence[BusinessHours], thresholds: Sequence[ProcurementThreshold], ranges: Sequence[UsualRange]
) -> Iterator[str]:
    """What the tables lack, as ``file:line:column: message``."""
    for unknown in sorted({row.metric_id for row in ranges} - set(metric_definitions())):
        yield f"usual_ranges.csv:1:metric_id: {unknown} is no metric of the product"
    if not hours:
        yield "business_hours.csv:1:weekday: names no day; a help desk that never opens resolves nothing"
    if thresholds and all(threshold.method for threshold in thresholds):
        yield (
            "procurement_threshold.csv:1:method: needs a row with an empty method, "
            "for purchases by a method that no row names"
        )


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _check_amount(amount: Decimal, least: Decimal) -> None:
    if amount < least or amount != round(amount, 6):
        raise ValueError(f"a number must be {least} or more, with at most six digits after the point")
