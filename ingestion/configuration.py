"""Loading a collaborative's configuration: valid as a whole, or refused with every fault at once.

Belongs here: which files a configuration has, and the checks between them. Does not belong here: the records
(``collaborative.py``) and their compiled form (``compiled_configuration.py``).
"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from ingestion.account_crosswalk import LOCAL_COLUMNS, CrosswalkRule, find_crosswalk_faults
from ingestion.agreement import read_agreement
from ingestion.attendance_terms import AttendanceAuthority
from ingestion.collaborative import (
    Collaborative,
    District,
    EntitySuccession,
    Period,
    School,
    Sender,
    SeriesBreak,
    StateFunction,
    Threshold,
    ValueRange,
)
from ingestion.compiled_configuration import CompiledConfiguration, compile_configuration
from ingestion.configuration_table import read_optional, read_table, read_with_defaults
from ingestion.configured_mappings import find_function_faults, read_mappings
from ingestion.equity_terms import QuadrantOutcome, SpendingScenario, find_outcome_faults, find_scenario_faults
from ingestion.expected_extracts import ExpectedExtract, find_expectation_faults
from ingestion.mapping import Mapping
from ingestion.night_hour import nights_that_go_wrong
from ingestion.operations_terms import (
    AddressableObject,
    BusinessHours,
    FuelFactor,
    MealRate,
    ProcurementThreshold,
    UsualRange,
    find_operations_faults,
)
from ingestion.reference_tables import CostIndex, CpiMonth, NeedWeight, StateFoundation, find_reference_faults
from ingestion.report_card_settings import read_contacts, read_settings
from ingestion.sources.configuration import load_sources
from ingestion.spending_terms import (
    COUNTED,
    MEMBERSHIP,
    AllocationDriver,
    AllocationWeight,
    PpeExclusion,
    SpendingFamily,
    find_allocation_faults,
)
from ingestion.target_settings import read_targets
from ingestion.terms import find_term_faults, read_terms
from ingestion.topics import read_topics
from ingestion.waivers import read_waivers
from ingestion.yaml_document import ConfigurationError, Document, read_yaml

__all__ = [
    "AttendanceAuthority",
    "Collaborative",
    "CompiledConfiguration",
    "ConfigurationError",
    "District",
    "EntitySuccession",
    "Period",
    "School",
    "Sender",
    "SeriesBreak",
    "StateFunction",
    "Threshold",
    "ValueRange",
    "compile_configuration",
    "load_collaborative",
]

_SUCCESSION_KEY = ["predecessor_id", "successor_id", "kind", "school_year"]
_AUTHORITY_KEY = ["authority", "metric_id"]
_DRIVER_KEY = ["district_id", "allocation_pool", "from_school_year"]
_WEIGHT_KEY = ["school_id", "school_year", "driver"]
_CROSSWALK_KEY = ["district_id", "from_fiscal_year", *LOCAL_COLUMNS]
_OUTCOME_KEY = ["metric_id", "breakdown"]
_SCENARIO_KEY = ["scenario", "district_id", "school_year", "take_from", "give_to"]
_EXPECTED_KEY = ["district_id", "extract", "from_school_year"]
_BREAK_KEY = ["metric_id", "subgroup", "entity_type", "from_school_year"]
_Strict = ConfigDict(extra="forbid", frozen=True, strict=True)


class _SenderEntry(BaseModel):
    model_config = _Strict
    sender: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    statewide: bool


class _Settings(BaseModel):
    """The keys of ``collaborative.yaml``."""

    model_config = _Strict
    collaborative: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    name: str
    state: str = Field(pattern=r"^[A-Z]{2}$")
    time_zone: str
    nightly_hour: int = Field(ge=0, le=23)
    releases_kept: int = Field(ge=1)
    quiet_minutes: int = Field(default=30, ge=1, le=1440)
    owners: tuple[str, ...] = Field(strict=False, min_length=1)
    docs_url: str = ""
    senders: tuple[_SenderEntry, ...] = Field(default=(), strict=False)
    mappings: tuple[str, ...] = Field(default=(), strict=False)
    use_mappings: tuple[str, ...] = Field(default=(), strict=False)

    @field_validator("time_zone")
    @classmethod
    def _time_zone_exists(cls, time_zone: str) -> str:
        if time_zone not in available_timezones():
            raise ValueError("is not a known time zone; write it as in America/New_York")
        return time_zone

    @field_validator("nightly_hour")
    @classmethod
    def _hour_happens_once_a_night(cls, hour: int, info: ValidationInfo) -> int:
        time_zone = info.data.get("time_zone")
        skipped, doubled = nights_that_go_wrong(time_zone, hour) if time_zone else ([], [])
        if skipped or doubled:
            when = f"skipped on {skipped[0]}" if skipped else f"there twice on {doubled[0]}"
            raise ValueError(f"is {when} in {time_zone}, when the clocks change; choose an hour that no change touches")
        return hour


def load_collaborative(folder: Path) -> Collaborative:
    """Load a collaborative's folder.

    Raises:
        ConfigurationError: with every fault found, each ``file:line:column: message``.
    """
    faults: list[str] = []
    document, settings = _read_settings(folder, faults)
    districts = read_table(folder / "districts.csv", District, ["district_id"], faults)
    schools = read_optional(folder / "schools.csv", School, ["school_id"], faults)
    successions = read_optional(folder / "entity_succession.csv", EntitySuccession, _SUCCESSION_KEY, faults)
    breaks = read_optional(folder / "series_breaks.csv", SeriesBreak, _BREAK_KEY, faults)
    periods = read_table(folder / "periods.csv", Period, ["period", "school_year"], faults)
    thresholds = read_with_defaults(folder / "thresholds.csv", Threshold, ["threshold"], faults)
    ranges = read_with_defaults(folder / "value_ranges.csv", ValueRange, ["metric_id"], faults)
    authorities = read_with_defaults(folder / "attendance_authorities.csv", AttendanceAuthority, _AUTHORITY_KEY, faults)
    exclusions = read_with_defaults(folder / "ppe_exclusions.csv", PpeExclusion, ["ppe_treatment"], faults)
    families = read_with_defaults(folder / "spending_families.csv", SpendingFamily, ["variant"], faults)
    drivers = read_optional(folder / "allocation_drivers.csv", AllocationDriver, _DRIVER_KEY, faults)
    weights = read_optional(folder / "allocation_weights.csv", AllocationWeight, _WEIGHT_KEY, faults)
    prices = read_optional(folder / "cpi_u.csv", CpiMonth, ["month"], faults)
    costs = read_optional(folder / "cwift.csv", CostIndex, ["district_id", "index_year"], faults)
    foundations = read_optional(folder / "state_foundation.csv", StateFoundation, ["state", "fiscal_year"], faults)
    need_weights = read_optional(folder / "need_weights.csv", NeedWeight, ["subgroup", "from_school_year"], faults)
    outcomes = read_with_defaults(folder / "quadrant_outcomes.csv", QuadrantOutcome, _OUTCOME_KEY, faults)
    scenarios = read_optional(folder / "spending_scenarios.csv", SpendingScenario, _SCENARIO_KEY, faults)
    meal_rates = read_optional(folder / "meal_rates.csv", MealRate, ["school_year"], faults)
    fuels = read_with_defaults(folder / "fuel_kbtu.csv", FuelFactor, ["fuel", "unit"], faults)
    limits = read_optional(folder / "procurement_threshold.csv", ProcurementThreshold, ["method"], faults)
    objects = read_with_defaults(folder / "addressable_objects.csv", AddressableObject, ["object_class"], faults)
    hours = read_with_defaults(folder / "business_hours.csv", BusinessHours, ["weekday"], faults)
    terms = read_terms(folder, faults)
    topics = read_topics(folder, faults)
    usual = read_with_defaults(folder / "usual_ranges.csv", UsualRange, ["metric_id", "variant"], faults)
    functions = read_table(folder / "state_functions.csv", StateFunction, ["state_function"], faults)
    crosswalk = read_optional(folder / "account_crosswalk.csv", CrosswalkRule, _CROSSWALK_KEY, faults)
    expected = read_optional(folder / "expected_extracts.csv", ExpectedExtract, _EXPECTED_KEY, faults)
    report_cards = read_settings(folder, faults)
    agreement = read_agreement(folder, faults)
    entries = settings.senders if settings else ()
    senders = [*(district.district_id for district in districts), *(entry.sender for entry in entries)]
    contacts = read_contacts(folder, senders, faults)
    faults.extend(find_expectation_faults(expected, senders))
    mappings = _read_mappings(folder, document, settings, districts, faults) if settings and document else ()
    known = {function.state_function for function in functions}
    faults.extend(find_function_faults(mappings, known))
    _check_rosters(districts, schools, successions, faults)
    district_ids = {district.district_id for district in districts}
    faults.extend(find_allocation_faults(drivers, weights, schools, district_ids))
    faults.extend(find_crosswalk_faults(crosswalk, district_ids, known, exclusions))
    named = {threshold.threshold: threshold.value for threshold in thresholds}
    if settings is not None:
        tables = prices, costs, foundations, need_weights
        faults.extend(find_reference_faults(*tables, district_ids, named, settings.state))
    known_drivers = {MEMBERSHIP, *COUNTED, *(weight.driver for weight in weights)}
    school_years = {period.school_year for period in periods}
    faults.extend(find_outcome_faults(outcomes))
    years = {period.school_year: period for period in periods if period.period == "year"}
    faults.extend(find_term_faults(terms, years))
    faults.extend(find_scenario_faults(scenarios, schools, district_ids, known_drivers, school_years))
    faults.extend(find_operations_faults(hours, limits, usual))
    sources = load_sources(folder, district_ids, faults)
    targets = read_targets(folder, faults)
    waivers = read_waivers(folder, district_ids, faults)
    if faults or settings is None:
        raise ConfigurationError(faults)
    return Collaborative(
        id=settings.collaborative,
        name=settings.name,
        state=settings.state,
        folder=folder,
        time_zone=settings.time_zone,
        nightly_hour=settings.nightly_hour,
        docs_url=settings.docs_url,
        owners=settings.owners,
        releases_kept=settings.releases_kept,
        quiet_minutes=settings.quiet_minutes,
        senders=tuple(Sender(entry.sender, entry.name, entry.statewide) for entry in settings.senders),
        districts=districts,
        schools=schools,
        entity_successions=successions,
        series_breaks=breaks,
        attendance_authorities=authorities,
        ppe_exclusions=exclusions,
        spending_families=families,
        allocation_drivers=drivers,
        allocation_weights=weights,
        account_crosswalk=crosswalk,
        cpi_u=prices,
        cwift=costs,
        state_foundation=foundations,
        need_weights=need_weights,
        quadrant_outcomes=outcomes,
        spending_scenarios=scenarios,
        meal_rates=meal_rates,
        fuel_kbtu=fuels,
        procurement_thresholds=limits,
        addressable_objects=objects,
        business_hours=hours,
        terms=terms,
        usual_ranges=usual,
        topics=topics,
        periods=periods,
        threshold_rows=thresholds,
        value_ranges=ranges,
        state_functions=functions,
        mappings=mappings,
        sources=sources,
        expected_extracts=expected,
        report_cards=report_cards,
        contacts=contacts,
        targets=targets,
        agreement=agreement,
        waivers=waivers,
    )


def _read_settings(folder: Path, faults: list[str]) -> tuple[Document | None, _Settings | None]:
    try:
        document = read_yaml(folder / "collaborative.yaml")
        return document, document.validate(_Settings)
    except ConfigurationError as error:
        faults.extend(error.messages)
        return None, None


def _read_mappings(
    folder: Path, document: Document, settings: _Settings, districts: tuple[District, ...], faults: list[str]
) -> tuple[Mapping, ...]:
    senders = {entry.sender: entry.statewide for entry in settings.senders}
    senders |= {district.district_id: False for district in districts}
    return read_mappings(folder, document, settings.mappings, settings.use_mappings, senders, faults)


def _check_rosters(
    districts: tuple[District, ...],
    schools: tuple[School, ...],
    successions: tuple[EntitySuccession, ...],
    faults: list[str],
) -> None:
    district_ids = {district.district_id for district in districts}
    school_ids = {school.school_id for school in schools}
    faults.extend(
        f"schools.csv:1:district_id: {school.school_id} is of {school.district_id}, which districts.csv lacks"
        for school in schools
        if school.district_id not in district_ids
    )
    faults.extend(
        f"schools.csv:1:school_id: {both} is a district too; use one id for one thing"
        for both in sorted(district_ids & school_ids)
    )
    named = {each for one in successions for each in (one.predecessor_id, one.successor_id) if each is not None}
    faults.extend(
        f"entity_succession.csv:1:1: {unknown} is neither in districts.csv nor in schools.csv"
        for unknown in sorted(named - district_ids - school_ids)
    )
