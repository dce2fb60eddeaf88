"""By which lines pupils' discipline, moves, language, tests and answers are counted: tables of the configuration.

Belongs here: the records of the tables, what must hold between them, and what is written out of them. Does not belong
here: reading them (``term_table.py``) and the figures (dbt).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from ingestion.core_cuts import CUT_KEY, CoreCut, find_cut_faults
from ingestion.term_table import Terms, TermTable
from ingestion.term_values import check_days, check_digits, check_grades, day_in

if TYPE_CHECKING:
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
        check_digits(self.least_days)
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
        check_digits(self.suspended, self.enrolled)
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
        check_digits(self.least_score)


@dataclass(frozen=True)
class PupilWindow:
    """A stretch of each school year, until a row of a later one, in which something of pupils is counted.

    Attributes:
        purpose: ``test`` of an assessment, or ``identified_students`` (one day).
        assessment_id: which assessment; left out for the other.
        subject: the one subject of the assessment that this is about; left out, all without a row of their own.
        grades: who takes the test, divided by blanks; left out, every grade of which somebody took it.
        begins: its first day, month and day as 04-01.
        ends: its last day.
        from_school_year: first school year in which this holds.
        note: why, for people.
    """

    purpose: Literal["test", "identified_students"]
    begins: str
    ends: str
    assessment_id: str = ""
    subject: str = ""
    grades: str = ""
    from_school_year: int = 1900
    note: str = ""

    def __post_init__(self) -> None:
        check_days(self.begins, self.ends)
        if (self.purpose == "test") != bool(self.assessment_id):
            raise ValueError("assessment_id belongs to a test, and to nothing else")
        if (self.subject or self.grades) and self.purpose != "test":
            raise ValueError("subject and grades belong to a test, and to nothing else")
        if self.grades:
            check_grades(self.grades)


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
        check_digits(self.least_answer, self.favourable_from, self.most_answer)
        if not self.least_answer < self.favourable_from <= self.most_answer:
            raise ValueError("favourable_from must be above least_answer and at most most_answer")


@dataclass(frozen=True)
class WindowInYear:
    """A window of pupils as it lies in one school year."""

    school_year: int
    purpose: str
    assessment_id: str
    subject: str | None
    grades: str | None
    begins_on: date
    ends_on: date


def find_pupil_faults(terms: Terms, years: Mapping[int, Period]) -> Iterator[str]:
    """What is wrong between rows of the tables, as ``file:line:column: message``."""
    known = {rule.variant for rule in terms["suspension_rules"]}
    for variant in sorted({risk.variant for risk in terms["comparison_risks"]} - known):
        yield f"comparison_risks.csv:1:variant: {variant} is no variant of suspension_rules.csv"
    yield from find_cut_faults(terms["core_cuts"])
    for row in _windows(terms["pupil_windows"], "", years):
        if row.ends_on < row.begins_on:
            yield (
                f"pupil_windows.csv:1:ends: {row.purpose} {row.assessment_id} ends before it begins in the "
                f"school year {row.school_year}, which starts on {years[row.school_year].starts_on}"
            )


def _windows(rows: Sequence[PupilWindow], _state: str, years: Mapping[int, Period]) -> Iterator[WindowInYear]:
    """The windows of each school year."""
    for year, period in sorted(years.items()):
        begun = [row for row in rows if row.from_school_year <= year]
        for row in {(row.purpose, row.assessment_id, row.subject): row for row in begun}.values():
            yield WindowInYear(
                school_year=year,
                purpose=row.purpose,
                assessment_id=row.assessment_id,
                subject=row.subject or None,
                grades=row.grades or None,
                begins_on=day_in(period, row.begins),
                ends_on=day_in(period, row.ends),
            )


def _start_of_state(rows: Sequence[MobilityStart], state: str, _years: Mapping[int, Period]) -> Iterator[MobilityStart]:
    """The one row that holds: the state's, or that of every state."""
    by_state = {row.state: row for row in rows}
    row = by_state.get(state, by_state.get(EVERY_STATE))
    if row is not None:
        yield row


PUPIL_TABLES = {
    "suspension_rules": TermTable(SuspensionRule, ("metric_id", "variant")),
    "comparison_risks": TermTable(ComparisonRisk, ("variant", "school_year", "subgroup"), is_shipped=False),
    "status_offenses": TermTable(StatusOffense, ("behavior",)),
    "mobility_start": TermTable(MobilityStart, ("state",), left_out=("state", "note"), write_out=_start_of_state),
    "exit_types": TermTable(ExitType, ("exit_type",), is_shipped=False),
    "identified_programs": TermTable(IdentifiedProgram, ("program",)),
    "idea_environment": TermTable(Environment, ("environment",)),
    "el_attainment": TermTable(AttainmentRule, ("rule", "subject")),
    "pupil_windows": TermTable(
        PupilWindow,
        ("purpose", "assessment_id", "subject", "from_school_year"),
        write_out=_windows,
        written_type=WindowInYear,
    ),
    "survey_scales": TermTable(SurveyScale, ("survey_id", "scale")),
    "core_cuts": TermTable(CoreCut, CUT_KEY, is_shipped=False),
}
"""The tables about pupils, by name."""
