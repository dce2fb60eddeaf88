"""By which lines pupils' discipline, moves, language, tests and answers are counted: tables of the configuration.

Belongs here: the records of the tables, what must hold between them, and their compiled form. Does not belong here: the
figures (dbt).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ingestion.configuration_table import read_optional, read_with_defaults

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.collaborative import Period

EVERY_STATE = "*"


@dataclass(frozen=True)
class SuspensionRule:
    """One definition of who was suspended.

    Attributes:
        metric_id: the metric that follows it.
        variant: whose definition it is.
        counts_in_school: whether suspensions in school count.
        counts_out_of_school: whether those out of school count.
        least_days: fewest days of the year, all that counts added up; 0 for a suspension of any length.
        note: where it stands, for people.
    """

    metric_id: Literal["SS.B01", "SS.B02"]
    variant: str
    counts_in_school: bool
    counts_out_of_school: bool
    least_days: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.least_days)
        if not (self.counts_in_school or self.counts_out_of_school):
            raise ValueError("counts_in_school or counts_out_of_school must be true")


@dataclass(frozen=True)
class ComparisonRisk:
    """How many of a state's comparison group were suspended, for a risk ratio where a district's own group is small."""

    variant: str
    school_year: int
    subgroup: str
    suspended: Decimal
    enrolled: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.suspended, self.enrolled)
        if not 0 < self.suspended <= self.enrolled:
            raise ValueError("suspended must be above 0 and at most enrolled")


@dataclass(frozen=True)
class StatusOffense:
    """One kind of behaviour, in a district's code, that is an offence only of the young and no incident here."""

    behavior: str
    note: str = ""


@dataclass(frozen=True)
class MobilityStart:
    """From when on pupils who come are late: the first day of instruction, or the day of the autumn count."""

    state: str
    start_rule: Literal["first_day", "count_day"]
    note: str = ""


@dataclass(frozen=True)
class ExitType:
    """What a district's code of leaving means for who stays.

    Attributes:
        exit_type: the code.
        effect: ``completes`` (graduated: no move), ``disqualifies`` (not stable however long the stay), ``not_counted``
            (in neither part of California's stability, as who died).
        note: why, for people.
    """

    exit_type: str
    effect: Literal["completes", "disqualifies", "not_counted"]
    note: str = ""


@dataclass(frozen=True)
class IdentifiedProgram:
    """One program whose pupils get free meals without an application."""

    program: str
    note: str = ""


@dataclass(frozen=True)
class Environment:
    """One educational environment of pupils with disabilities, and whether 80 % of the day or more is in class."""

    environment: str
    is_mostly_in_class: bool
    note: str = ""


@dataclass(frozen=True)
class AttainmentRule:
    """The least score in one part of a test of English proficiency; all parts of a rule must be met."""

    rule: str
    subject: str
    least_score: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.least_score)


@dataclass(frozen=True)
class PupilWindow:
    """A stretch of each school year, until a row of a later one, in which something of pupils is counted.

    Attributes:
        purpose: ``test`` of an assessment, or ``identified_students`` (one day).
        assessment_id: which assessment; left out for the other.
        begins: its first day, month and day as 04-01.
        ends: its last day.
        from_school_year: first school year in which this holds.
        note: why, for people.
    """

    purpose: Literal["test", "identified_students"]
    begins: str
    ends: str
    assessment_id: str = ""
    from_school_year: int = 1900
    note: str = ""

    def __post_init__(self) -> None:
        for day in (self.begins, self.ends):
            _day_of(2001, day)
        if (self.purpose == "test") != bool(self.assessment_id):
            raise ValueError("assessment_id belongs to a test, and to nothing else")


@dataclass(frozen=True)
class SurveyScale:
    """Which answers of a survey's scale are favourable; ``*`` for every survey or scale without a row of its own."""

    survey_id: str
    scale: str
    least_answer: Decimal
    favourable_from: Decimal
    most_answer: Decimal
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.least_answer, self.favourable_from, self.most_answer)
        if not self.least_answer < self.favourable_from <= self.most_answer:
            raise ValueError("favourable_from must be above least_answer and at most most_answer")


@dataclass(frozen=True)
class CoreCut:
    """One level of an index: the values of a metric from ``low`` on, to below ``high``.

    Each figure that has levels is worth the same share of the index's points (threshold ``core_index_points``).

    Attributes:
        metric_id: the metric that gets a level.
        variant: which figure of it.
        level: 1 to 10.
        low: least value of the level; without bound when left out.
        high: the value that belongs to another level again; without bound when left out.
        breakdown: which slice of it, ``all`` when left out.
        note: where the cut stands, for people.
    """

    metric_id: str
    variant: str
    level: int
    low: Decimal | None = None
    high: Decimal | None = None
    breakdown: str = "all"
    note: str = ""

    def __post_init__(self) -> None:
        _check_digits(self.low, self.high)
        if not 1 <= self.level <= 10:
            raise ValueError("level must be 1 to 10")
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ValueError("low must be below high")

    def meets(self, other: CoreCut) -> bool:
        """Whether some value would have both levels."""
        least, most = Decimal("-Infinity"), Decimal("Infinity")
        return (
            (self.metric_id, self.variant, self.breakdown) == (other.metric_id, other.variant, other.breakdown)
            and (least if self.low is None else self.low) < (most if other.high is None else other.high)
            and (least if other.low is None else other.low) < (most if self.high is None else self.high)
        )


@dataclass(frozen=True)
class PupilTerms:
    """The tables about pupils."""

    suspension_rules: tuple[SuspensionRule, ...] = ()
    comparison_risks: tuple[ComparisonRisk, ...] = ()
    status_offenses: tuple[StatusOffense, ...] = ()
    mobility_start: tuple[MobilityStart, ...] = ()
    exit_types: tuple[ExitType, ...] = ()
    identified_programs: tuple[IdentifiedProgram, ...] = ()
    idea_environment: tuple[Environment, ...] = ()
    el_attainment: tuple[AttainmentRule, ...] = ()
    pupil_windows: tuple[PupilWindow, ...] = ()
    survey_scales: tuple[SurveyScale, ...] = ()
    core_cuts: tuple[CoreCut, ...] = ()


_WINDOW_KEY = ["purpose", "assessment_id", "from_school_year"]


def read_pupil_terms(folder: Path, faults: list[str]) -> PupilTerms:
    """Read the tables of a collaborative's folder over the product's own."""

    def read(name: str, row_type: type, key: list[str]) -> tuple:
        return read_with_defaults(folder / f"{name}.csv", row_type, key, faults)

    terms = PupilTerms(
        suspension_rules=read("suspension_rules", SuspensionRule, ["metric_id", "variant"]),
        comparison_risks=read_optional(
            folder / "comparison_risks.csv", ComparisonRisk, ["variant", "school_year", "subgroup"], faults
        ),
        status_offenses=read("status_offenses", StatusOffense, ["behavior"]),
        mobility_start=read("mobility_start", MobilityStart, ["state"]),
        exit_types=read_optional(folder / "exit_types.csv", ExitType, ["exit_type"], faults),
        identified_programs=read("identified_programs", IdentifiedProgram, ["program"]),
        idea_environment=read("idea_environment", Environment, ["environment"]),
        el_attainment=read("el_attainment", AttainmentRule, ["rule", "subject"]),
        pupil_windows=read("pupil_windows", PupilWindow, _WINDOW_KEY),
        survey_scales=read("survey_scales", SurveyScale, ["survey_id", "scale"]),
        core_cuts=read_optional(
            folder / "core_cuts.csv", CoreCut, ["metric_id", "variant", "breakdown", "level"], faults
        ),
    )
    faults.extend(_find_faults(terms))
    return terms


def _find_faults(terms: PupilTerms) -> Iterator[str]:
    """What is wrong between rows of the tables, as ``file:line:column: message``."""
    known = {rule.variant for rule in terms.suspension_rules}
    for variant in sorted({risk.variant for risk in terms.comparison_risks} - known):
        yield f"comparison_risks.csv:1:variant: {variant} is no variant of suspension_rules.csv"
    for at, cut in enumerate(terms.core_cuts):
        if any(cut.meets(other) for other in terms.core_cuts[:at]):
            yield f"core_cuts.csv:1:low: a value of {cut.metric_id} would have two levels, {cut.level} and another"


def find_pupil_window_faults(terms: PupilTerms, years: Mapping[int, Period]) -> Iterator[str]:
    """Windows that end before they begin within a school year, as ``file:line:column: message``."""
    for row in _windows(terms, years):
        if row["ends_on"] < row["begins_on"]:
            yield (
                f"pupil_windows.csv:1:ends: {row['purpose']} {row['assessment_id']} ends before it begins in the "
                f"school year {row['school_year']}, which starts on {years[row['school_year']].starts_on}"
            )


def build_pupil_tables(terms: PupilTerms, state: str, years: Mapping[int, Period]) -> dict[str, list[dict[str, Any]]]:
    """The rows that dbt reads: one rule of mobility, that of the state; windows are written out for each school year.

    Args:
        terms: the tables.
        state: the collaborative's.
        years: the whole year of each school year.
    """
    columns = pupil_columns()
    tables = {
        table: [{name: getattr(row, name) for name in columns[table]} for row in getattr(terms, table)]
        for table in columns
        if table not in ("mobility_start", "pupil_windows")
    }
    rules = {row.state: row.start_rule for row in terms.mobility_start}
    start = rules.get(state, rules.get(EVERY_STATE))
    tables["mobility_start"] = [{"start_rule": start}] if start else []
    tables["pupil_windows"] = list(_windows(terms, years))
    return tables


def pupil_columns() -> dict[str, dict[str, pa.DataType]]:
    """Each table's columns."""
    import pyarrow as pa

    text, whole, number, yes_no, day = pa.string(), pa.int32(), pa.decimal128(18, 6), pa.bool_(), pa.date32()
    return {
        "suspension_rules": {
            "metric_id": text, "variant": text, "counts_in_school": yes_no, "counts_out_of_school": yes_no,
            "least_days": number,
        },
        "comparison_risks": {
            "variant": text, "school_year": whole, "subgroup": text, "suspended": number, "enrolled": number,
        },
        "status_offenses": {"behavior": text},
        "mobility_start": {"start_rule": text},
        "exit_types": {"exit_type": text, "effect": text},
        "identified_programs": {"program": text},
        "idea_environment": {"environment": text, "is_mostly_in_class": yes_no},
        "el_attainment": {"rule": text, "subject": text, "least_score": number},
        "pupil_windows": {
            "school_year": whole, "purpose": text, "assessment_id": text, "begins_on": day, "ends_on": day,
        },
        "survey_scales": {
            "survey_id": text, "scale": text, "least_answer": number, "favourable_from": number, "most_answer": number,
        },
        "core_cuts": {
            "metric_id": text, "variant": text, "breakdown": text, "level": whole, "low": number, "high": number,
        },
    }  # fmt: skip


def _windows(terms: PupilTerms, years: Mapping[int, Period]) -> Iterator[dict[str, Any]]:
    for year, period in sorted(years.items()):
        held = {(row.purpose, row.assessment_id): row for row in terms.pupil_windows if row.from_school_year <= year}
        for (purpose, assessment_id), row in held.items():
            yield {
                "school_year": year,
                "purpose": purpose,
                "assessment_id": assessment_id,
                "begins_on": _day_in(period, row.begins),
                "ends_on": _day_in(period, row.ends),
            }


def _day_in(period: Period, day: str) -> date:
    """The day of the year that lies in the school year."""
    first = _day_of(period.starts_on.year, day)
    return first if first >= period.starts_on else _day_of(period.starts_on.year + 1, day)


def _day_of(year: int, day: str) -> date:
    try:
        return date.fromisoformat(f"{year}-{day}")
    except ValueError:
        raise ValueError(f"a day of every year is written as 04-01, not {day}") from None


def _check_digits(*numbers: Decimal | None) -> None:
    if any(number is not None and number != round(number, 6) for number in numbers):
        raise ValueError("a number has more than six digits after the point, which is all that is kept")
