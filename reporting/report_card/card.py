"""A report card as plain values.

Belongs here: the records of a card, and its identity. Does not belong here: finding out what stands on it
(``ingestion.report_card``) or how it looks (the modules beside this one). No field holds a value of a record: counts,
places and words of our own only.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Grade = Literal["A", "B", "C", "D", "F"]
Need = Literal["required", "optional"]
Arrival = Literal[
    "arrived", "with_refused_rows", "refused", "header_only", "empty", "missing", "no_mapping", "unreadable"
]


@dataclass(frozen=True)
class Rows:
    """The accounting of rows: ``rows_in`` is landed, rejected and duplicate; ``ignored`` ones come on top."""

    rows_in: int = 0
    landed: int = 0
    rejected: int = 0
    duplicate: int = 0
    ignored: int = 0

    def __add__(self, other: Rows) -> Rows:
        return Rows(*(one + more for one, more in zip(asdict(self).values(), asdict(other).values(), strict=True)))


@dataclass(frozen=True)
class Place:
    """Where in a file something is: its line and heading, and what is wrong there."""

    line: int | None
    column: str
    reason: str


@dataclass(frozen=True)
class RuleLine:
    """One rule that found something in a file or a domain: its counts, its first places, and what to do."""

    rule_id: str
    severity: Literal["error", "warning"]
    n_failed: int
    n_checked: int
    message: str
    what_to_do: str
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Difference:
    """What a correction changed against the delivery before it, by the contract's key."""

    earlier_delivery_id: str
    rows_added: int
    rows_changed: int
    rows_removed: int


@dataclass(frozen=True)
class CardFile:
    """One delivery, as far as its sender needs to know it.

    Attributes:
        file_name: name without folders.
        delivery_id: its id; empty for a file that was only checked.
        extract: what it was read as.
        title: the contract's name for people.
        school_year: ending year, when it is known.
        came_on: the day it came, ISO text; empty for a file that was only checked.
        data_through: last day that its rows go through, ISO text; empty when not known.
        arrival: what became of it.
        rows: its accounting.
        rules: rules that found something, the worst first.
        difference: what it changes against the delivery before it; None where there is none.
        mapping: the mapping it was read by.
    """

    file_name: str
    delivery_id: str
    extract: str
    title: str
    school_year: int | None
    came_on: str
    data_through: str
    arrival: Arrival
    rows: Rows
    rules: tuple[RuleLine, ...] = ()
    difference: Difference | None = None
    mapping: str = ""


@dataclass(frozen=True)
class ExpectedLine:
    """One extract of one school year that is expected or has come: what arrived against what was expected."""

    extract: str
    title: str
    domain: str
    school_year: int | None
    need: Need
    why_expected: str
    arrival: Arrival
    file_name: str = ""
    delivery_id: str = ""
    serves_through: str = ""


@dataclass(frozen=True)
class Decision:
    """What door 1 says of a domain and school year, with every rule that holds it.

    Attributes:
        domain: the domain.
        school_year: ending year.
        state: ``admitted``, ``held``, ``refused`` (its newest file, as a whole) or ``not_judged`` (only checked).
        districts: whom it is about, where the sender sends for many.
        rules: every rule that holds it.
        file_name: the file that was refused.
    """

    domain: str
    school_year: int | None
    state: Literal["admitted", "held", "refused", "not_judged"]
    districts: tuple[str, ...] = ()
    rules: tuple[RuleLine, ...] = ()
    file_name: str = ""


@dataclass(frozen=True)
class TrendLine:
    """The deliveries of one day."""

    came_on: str
    n_files: int
    n_refused: int
    rows: Rows


@dataclass(frozen=True)
class WaiverLine:
    """A rule that may fail here until a day: until when, by whom and why."""

    rule_id: str
    domain: str | None
    school_year: int | None
    state: Literal["live", "expired", "not_yet"]
    text: str


@dataclass(frozen=True)
class ReportCard:
    """One sender's card.

    Attributes:
        kind: ``night`` (all that is expected of a sender), ``delivery`` (one file) or ``check`` (before sending).
        collaborative: its name.
        sender: the district, or whoever sends for many.
        sender_name: name for people.
        made_at: when, UTC, ISO text.
        grade: A to F.
        why: what the grade follows from, in words.
        rows: accounting of the newest file of each extract, and of all that came now.
        expected: what was expected and what came.
        files: the files that the card speaks of.
        decisions: door 1's.
        costs: what each fault costs, in words.
        matches: what could not be matched, or is in doubt.
        trend: the last days on which something came, the newest first.
        waivers: rules that may fail here, or might until lately.
    """

    kind: Literal["night", "delivery", "check"]
    collaborative: str
    sender: str
    sender_name: str
    made_at: str
    grade: Grade
    why: tuple[str, ...]
    rows: Rows
    expected: tuple[ExpectedLine, ...] = ()
    files: tuple[CardFile, ...] = ()
    decisions: tuple[Decision, ...] = ()
    costs: tuple[str, ...] = ()
    matches: tuple[RuleLine, ...] = ()
    trend: tuple[TrendLine, ...] = ()
    waivers: tuple[WaiverLine, ...] = ()

    @property
    def card_hash(self) -> str:
        """Identity of what the card says, whenever it was made: a card that says the same is the same card."""
        said = asdict(replace(self, made_at=""))
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:20]


def to_json(card: ReportCard) -> str:
    """The card as JSON, with its identity."""
    return json.dumps({**asdict(card), "card_hash": card.card_hash}, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> ReportCard:
    """The card that :func:`to_json` wrote."""
    from pydantic import TypeAdapter

    content: dict[str, Any] = json.loads(text)
    content.pop("card_hash", None)
    return TypeAdapter(ReportCard).validate_python(content)
