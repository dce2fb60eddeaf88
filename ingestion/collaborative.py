"""One collaborative's configuration as values in memory.

Belongs here: the records of a loaded, valid configuration and the questions asked of them. Does not belong
here: reading them from files (``configuration.py``) or writing them for dbt (``compiled_configuration.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from ingestion.account_crosswalk import CrosswalkRule
from ingestion.agreement import Agreement, default_agreement
from ingestion.attendance_terms import AttendanceAuthority
from ingestion.equity_terms import QuadrantOutcome, SpendingScenario
from ingestion.expected_extracts import ExpectedExtract
from ingestion.mapping import Mapping
from ingestion.operations_terms import (
    AddressableObject,
    BusinessHours,
    FuelFactor,
    MealRate,
    ProcurementThreshold,
    UsualRange,
)
from ingestion.reference_tables import CostIndex, CpiMonth, NeedWeight, StateFoundation
from ingestion.report_card_settings import Contact, ReportCardSettings
from ingestion.sources.configuration import AnySource
from ingestion.spending_terms import AllocationDriver, AllocationWeight, PpeExclusion, SpendingFamily
from ingestion.target_settings import TargetSettings
from ingestion.term_table import Terms
from ingestion.term_values import check_digits
from ingestion.topics import Topic
from ingestion.waivers import Waiver

COUNT_DAY = "count_day"
"""The period that is the day on which pupils are counted in autumn."""


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
class School:
    """One school of a district; a year left out means without limit."""

    school_id: str
    district_id: str
    name: str
    school_type: str
    open_from: int | None = None
    open_to: int | None = None

    def __post_init__(self) -> None:
        if not self.school_id.isalnum():
            raise ValueError("school_id must be of letters and digits only")
        if (self.open_from or 0) > (self.open_to or 9999):
            raise ValueError("the school closes before it opens")

    def is_open(self, school_year: int) -> bool:
        """Whether the school is open in that school year."""
        return (self.open_from or 0) <= school_year <= (self.open_to or 9999)


@dataclass(frozen=True, kw_only=True)
class EntitySuccession:
    """What became of a district or a school, as far as files show it.

    Attributes:
        predecessor_id: whose figures end; none when it opened.
        successor_id: whose figures go on; none when it closed, the predecessor itself when only its name changed.
        kind: what happened.
        school_year: first school year in which the files show it so.
        note: what the files show, for people.
    """

    predecessor_id: str | None = None
    successor_id: str | None = None
    kind: Literal["merged", "closed", "renamed", "opened"]
    school_year: int
    note: str = ""

    def __post_init__(self) -> None:
        if (self.predecessor_id is None) != (self.kind == "opened"):
            raise ValueError("predecessor_id is for all that has one, which is not what opened")
        if (self.successor_id is None) != (self.kind == "closed"):
            raise ValueError("successor_id is for all that has one, which is not what closed")
        if self.kind == "merged" and self.predecessor_id == self.successor_id:
            raise ValueError("what merged has another successor than itself")


@dataclass(frozen=True)
class SeriesBreak:
    """A change of what a metric means: values on either side must not be compared unmarked.

    Attributes:
        metric_id: the metric.
        subgroup: the group of pupils that changed; every one when left out.
        entity_type: the kind of entity that it touches; every one when left out.
        from_school_year: first school year of the new meaning.
        note: what changed, for people.
    """

    metric_id: str
    from_school_year: int
    note: str
    subgroup: str | None = None
    entity_type: Literal["state", "district", "school"] | None = None


@dataclass(frozen=True)
class Period:
    """One stretch of a school year; ``year`` is the whole of it, ``count_day`` the day of the autumn's headcount."""

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
        if self.period == COUNT_DAY and self.starts_on != self.ends_on:
            raise ValueError(f"the period '{COUNT_DAY}' is one day: starts_on and ends_on are the same")


IN_MONTHS = frozenset({"long_term_el_years"})
"""Thresholds of years that are added to a day: what is no month would be rounded."""


@dataclass(frozen=True)
class Threshold:
    """One number that a rule compares with."""

    threshold: str
    value: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        check_digits(self.value)
        if self.threshold in IN_MONTHS and self.value * 12 % 1:
            raise ValueError("years are counted in whole months, as 6.5: this is no whole number of them")


@dataclass(frozen=True)
class ValueRange:
    """Smallest and largest believable value of a metric; a bound left out does not bind."""

    metric_id: str
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    note: str = ""

    def __post_init__(self) -> None:
        check_digits(self.minimum, self.maximum)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("the minimum is above the maximum")


@dataclass(frozen=True)
class StateFunction:
    """One function of the state's spending report; a year left out means without limit.

    ``is_benefits`` where it is what benefits cost, ``is_central_office`` where it is what the central office costs.
    """

    state_function: str
    label: str
    is_in_district: bool
    display_order: int
    is_benefits: bool = False
    from_school_year: int | None = None
    to_school_year: int | None = None
    is_central_office: bool = False

    def __post_init__(self) -> None:
        if (self.from_school_year or 0) > (self.to_school_year or 9999):
            raise ValueError("from_school_year is after to_school_year")


@dataclass(frozen=True)
class Collaborative:
    """A valid configuration: rosters, calendar, numbers to compare with, and mappings."""

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
    schools: tuple[School, ...] = ()
    entity_successions: tuple[EntitySuccession, ...] = ()
    series_breaks: tuple[SeriesBreak, ...] = ()
    attendance_authorities: tuple[AttendanceAuthority, ...] = ()
    ppe_exclusions: tuple[PpeExclusion, ...] = ()
    spending_families: tuple[SpendingFamily, ...] = ()
    allocation_drivers: tuple[AllocationDriver, ...] = ()
    allocation_weights: tuple[AllocationWeight, ...] = ()
    account_crosswalk: tuple[CrosswalkRule, ...] = ()
    cpi_u: tuple[CpiMonth, ...] = ()
    cwift: tuple[CostIndex, ...] = ()
    state_foundation: tuple[StateFoundation, ...] = ()
    need_weights: tuple[NeedWeight, ...] = ()
    quadrant_outcomes: tuple[QuadrantOutcome, ...] = ()
    spending_scenarios: tuple[SpendingScenario, ...] = ()
    meal_rates: tuple[MealRate, ...] = ()
    fuel_kbtu: tuple[FuelFactor, ...] = ()
    procurement_thresholds: tuple[ProcurementThreshold, ...] = ()
    addressable_objects: tuple[AddressableObject, ...] = ()
    business_hours: tuple[BusinessHours, ...] = ()
    terms: Terms = field(default_factory=dict)
    usual_ranges: tuple[UsualRange, ...] = ()
    topics: tuple[Topic, ...] = ()
    sources: tuple[AnySource, ...] = ()
    quiet_minutes: int = 30
    expected_extracts: tuple[ExpectedExtract, ...] = ()
    contacts: tuple[Contact, ...] = ()
    report_cards: ReportCardSettings = field(default_factory=ReportCardSettings)
    targets: TargetSettings = field(default_factory=TargetSettings)
    agreement: Agreement = field(default_factory=default_agreement)
    waivers: tuple[Waiver, ...] = ()

    def today(self) -> date:
        """The day where the collaborative is: what a date of its configuration is held against."""
        return datetime.now(ZoneInfo(self.time_zone)).date()

    @cached_property
    def thresholds(self) -> dict[str, Decimal]:
        """Thresholds by name."""
        return {row.threshold: row.value for row in self.threshold_rows}

    @cached_property
    def _districts_by_id(self) -> dict[str, District]:
        return {district.district_id: district for district in self.districts}

    @property
    def district_ids(self) -> frozenset[str]:
        """Ids of all districts of the roster, whether or not they are members today."""
        return frozenset(self._districts_by_id)

    def district(self, district_id: str) -> District | None:
        """The district with that id, whether or not it is a member today."""
        return self._districts_by_id.get(district_id)

    @cached_property
    def _schools_by_id(self) -> dict[str, School]:
        return {school.school_id: school for school in self.schools}

    def school(self, school_id: str) -> School | None:
        """The school with that id, whether or not it is open today."""
        return self._schools_by_id.get(school_id)

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

    def schools_open(self, school_year: int) -> list[School]:
        """Schools that are open in that school year."""
        return [school for school in self.schools if school.is_open(school_year)]

    @property
    def whole_years(self) -> dict[int, Period]:
        """Each school year from its first day to its last."""
        return {period.school_year: period for period in self.periods if period.period == "year"}

    def period_end(self, school_year: int) -> date | None:
        """Last day of the school year, or None when the calendar does not know the year."""
        period = self.whole_year(school_year)
        return period.ends_on if period else None

    def fiscal_year(self, school_year: int) -> int | None:
        """The fiscal year of the school year, or None when the calendar does not know the year."""
        period = self.whole_year(school_year)
        return period.fiscal_year if period else None

    def whole_year(self, school_year: int) -> Period | None:
        """The school year from its first day to its last, or None when the calendar does not know it."""
        years = (period for period in self.periods if period.period == "year" and period.school_year == school_year)
        return next(years, None)
