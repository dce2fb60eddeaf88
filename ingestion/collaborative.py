"""One collaborative's configuration as values in memory.

Belongs here: the records of a loaded, valid configuration and the questions asked of them. Does not belong
here: reading them from files (``configuration.py``) or writing them for dbt (``compiled_configuration.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from ingestion.mapping import Mapping


@dataclass(frozen=True)
class Sender:
    """Who delivers files without being a district, such as a state agency.

    Attributes:
        sender_id: short name used by mappings.
        name: name for people.
        statewide: True when its files hold rows of many districts.
    """

    sender_id: str
    name: str
    statewide: bool


@dataclass(frozen=True)
class District:
    """One district of the roster; a year left out means without limit."""

    district_id: str
    name: str
    district_type: str
    member_from: int | None = None
    member_to: int | None = None

    def __post_init__(self) -> None:
        if not self.district_id.isalnum():
            raise ValueError("district_id must be of letters and digits only")
        if (self.member_from or 0) > (self.member_to or 9999):
            raise ValueError("the district leaves before it joins")

    def is_member(self, school_year: int) -> bool:
        """Whether the district belongs to the roster of that school year."""
        return (self.member_from or 0) <= school_year <= (self.member_to or 9999)


@dataclass(frozen=True)
class Period:
    """One stretch of a school year; ``year`` is the whole of it."""

    period: str
    school_year: int
    fiscal_year: int
    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.starts_on > self.ends_on:
            raise ValueError("the period ends before it starts")
        if self.period == "year" and self.ends_on.year != self.school_year:
            raise ValueError("school_year must be the year in which the period ends")


@dataclass(frozen=True)
class Threshold:
    """One number that a rule compares with."""

    threshold: str
    value: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.value)


@dataclass(frozen=True)
class ValueRange:
    """Smallest and largest believable value of a metric; a bound left out does not bind."""

    metric_id: str
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.minimum, self.maximum)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("the minimum is above the maximum")


@dataclass(frozen=True)
class StateFunction:
    """One function of the state's spending report."""

    state_function: str
    label: str
    is_in_district: bool
    display_order: int


def _check_digits(*numbers: Decimal | None) -> None:
    if any(number is not None and number != round(number, 6) for number in numbers):
        raise ValueError("a number has more than six digits after the point, which is all that is kept")


@dataclass(frozen=True)
class Collaborative:
    """A valid configuration: roster, calendar, numbers to compare with, and mappings."""

    id: str
    name: str
    state: str
    folder: Path
    time_zone: str
    nightly_hour: int
    docs_url: str
    owners: tuple[str, ...]
    releases_kept: int
    senders: tuple[Sender, ...]
    districts: tuple[District, ...]
    periods: tuple[Period, ...]
    threshold_rows: tuple[Threshold, ...]
    value_ranges: tuple[ValueRange, ...]
    state_functions: tuple[StateFunction, ...]
    mappings: tuple[Mapping, ...]

    @cached_property
    def thresholds(self) -> dict[str, Decimal]:
        """Thresholds by name."""
        return {row.threshold: row.value for row in self.threshold_rows}

    @cached_property
    def _districts_by_id(self) -> dict[str, District]:
        return {district.district_id: district for district in self.districts}

    def district(self, district_id: str) -> District | None:
        """The district with that id, whether or not it is a member today."""
        return self._districts_by_id.get(district_id)

    def sender(self, sender_id: str) -> Sender | None:
        """The sender with that id; each district is a sender of its own files."""
        for sender in self.senders:
            if sender.sender_id == sender_id:
                return sender
        district = self.district(sender_id)
        return Sender(district.district_id, district.name, statewide=False) if district else None

    def roster(self, school_year: int) -> list[District]:
        """Districts that are members in that school year."""
        return [district for district in self.districts if district.is_member(school_year)]

    def period_end(self, school_year: int) -> date | None:
        """Last day of the school year, or None when the calendar does not know the year."""
        for period in self.periods:
            if period.period == "year" and period.school_year == school_year:
                return period.ends_on
        return None
