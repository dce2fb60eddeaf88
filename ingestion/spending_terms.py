"""What spending per pupil leaves out, how central cost is shared and what compares: tables of the configuration.

Belongs here: the records and what must hold between them. Does not belong here: reading them (``configuration.py``)
and the sums (dbt).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ingestion.collaborative import School

MEMBERSHIP = "adm"
"""The driver of a pool that has no other: average daily membership, as attendance shows it."""

COUNTED = {
    "swd": "programs",
    "sqft": "buildings",
    "riders": "transport_routes",
    "meals": "food_service",
    "staff_fte": "staff_assignments",
    "teacher_fte": "staff_assignments",
    "salaries": "gl_actuals",
}
"""Drivers that the product counts itself, and the extract that each is counted from."""


@dataclass(frozen=True)
class PpeExclusion:
    """One treatment of an account that keeps it out of spending per pupil.

    Attributes:
        ppe_treatment: as the chart of accounts writes it.
        shown_as: where the balance shows its dollars.
        label: the reason, for people.
    """

    ppe_treatment: str
    shown_as: Literal["excluded", "out_of_district"]
    label: str

    def __post_init__(self) -> None:
        if self.ppe_treatment == "include":
            raise ValueError("ppe_treatment 'include' is what counts; it cannot be an exclusion")


@dataclass(frozen=True)
class SpendingFamily:
    """Which of the three families of spending per pupil a variant belongs to; families are never compared.

    Attributes:
        variant: whose definition a figure follows.
        ppe_family: schools' spending as the federal statute has it, a state's own report by function, or the federal
            survey of districts.
        denominator_basis: whose pupils its figures per pupil are divided by; the source's own when left out.
        all_denominator_basis: the same where all that a district pays for are counted; as the others when left out.
        note: what its figures are of, for people.
    """

    variant: str
    ppe_family: Literal["essa", "state_functional", "f33"]
    denominator_basis: str = ""
    all_denominator_basis: str = ""
    note: str = ""


@dataclass(frozen=True)
class AllocationDriver:
    """What one pool of central cost is shared in proportion to; a pool without a row follows membership.

    Attributes:
        allocation_pool: as the chart of accounts writes it; ``general`` is what it leaves empty.
        driver: ``adm``, one of :data:`COUNTED`, or a driver of ``allocation_weights.csv``.
        district_id: the district that shares it so; every one when left out. A district's own row wins.
        from_school_year: first school year in which this holds; since ever when left out.
        to_school_year: last school year; without end when left out.
        note: why, for people.
    """

    allocation_pool: str
    driver: str
    district_id: str | None = None
    from_school_year: int | None = None
    to_school_year: int | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if (self.from_school_year or 0) > (self.to_school_year or 9999):
            raise ValueError("from_school_year is after to_school_year")

    def meets(self, other: AllocationDriver) -> bool:
        """Whether both speak of the same pool of the same district, or of all, in some year."""
        return (
            (self.district_id, self.allocation_pool) == (other.district_id, other.allocation_pool)
            and (self.from_school_year or 0) <= (other.to_school_year or 9999)
            and (other.from_school_year or 0) <= (self.to_school_year or 9999)
        )


@dataclass(frozen=True)
class AllocationWeight:
    """How much of a driver one school has in one year: square feet, staff, riders."""

    school_id: str
    school_year: int
    driver: str
    weight: Decimal

    def __post_init__(self) -> None:
        if self.weight < 0 or self.weight != round(self.weight, 6):
            raise ValueError("weight must be zero or more, with at most six digits after the point")
        if self.driver == MEMBERSHIP:
            raise ValueError(f"driver '{MEMBERSHIP}' is membership, which attendance shows; leave the row out")
        if self.driver in COUNTED:
            words = f"driver '{self.driver}' is counted from the extract {COUNTED[self.driver]}"
            raise ValueError(f"{words}; call weights of your own by another name")


def find_allocation_faults(
    drivers: Sequence[AllocationDriver],
    weights: Sequence[AllocationWeight],
    schools: Sequence[School],
    district_ids: Collection[str],
) -> Iterator[str]:
    """What is wrong between the two tables and the roster, as ``file:line:column: message``."""
    for at, driver in enumerate(drivers):
        if any(driver.meets(other) for other in drivers[:at]):
            yield (
                f"allocation_drivers.csv:1:allocation_pool: {driver.allocation_pool} has two drivers in one year; "
                "let one end before the other begins"
            )
    for district_id in sorted({driver.district_id for driver in drivers if driver.district_id} - set(district_ids)):
        yield f"allocation_drivers.csv:1:district_id: {district_id} is not in districts.csv"
    known = {MEMBERSHIP, *COUNTED, *(weight.driver for weight in weights)}
    for name in sorted({driver.driver for driver in drivers} - known):
        yield (
            f"allocation_drivers.csv:1:driver: {name} is not in allocation_weights.csv and none of "
            f"{', '.join((MEMBERSHIP, *COUNTED))}"
        )
    for school_id in sorted({weight.school_id for weight in weights} - {school.school_id for school in schools}):
        yield f"allocation_weights.csv:1:school_id: {school_id} is not in schools.csv"
