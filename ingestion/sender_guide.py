"""What a sender is told of one extract: a line for each heading, out of contract and mapping.

Belongs here: the lines, and a made-up row that would be taken. Does not belong here: how they are shown
(``schoolstat.contract_pages``, ``schoolstat.contract_workbook``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.contract import Column, Contract
from ingestion.mapping import FromColumn, Mapping
from ingestion.mapping_parts import SourceColumn

IN_THE_VAULT = "Compared with other rows of the same state id (rule Q13); never lands."
_OF_IDS = {
    "student_local_id": "The district's own id of the pupil, the same in all its files; what lands is a random number.",
    "state_student_id": "The state's id of the pupil, the same in every district; what lands is a random number.",
    "staff_local_id": "The district's own id of the person, the same in all its files; what lands is a random number.",
    "respondent_id": "The survey's own number of whoever answered; what lands is a random number.",
}
_EXAMPLES_OF_IDS = {
    "student_local_id": "000460000",
    "state_student_id": "9010460000",
    "staff_local_id": "000012",
    "respondent_id": "R000001",
}
_EXAMPLES = {"text": "", "boolean": "true", "integer": "1", "surrogate": ""}
_WORDS = {"code": "code", "text": "text", "boolean": "true or false", "date": "date", "timestamp": "date and time"}
_A_DAY = datetime(2025, 10, 17, 8, 30, tzinfo=UTC)
_A_SCHOOL, _A_BIRTH_DATE = "99010005", "2016-01-16"


@dataclass(frozen=True)
class HeadingGuide:
    """One heading of an extract.

    Attributes:
        heading: as it stands in the file.
        kind: what a cell holds, in words.
        must_be_filled: ``yes``; ``no`` when a cell may be empty; ``optional`` when the heading may be missing, too.
        allowed: the texts that may stand there, and what each means; empty for any.
        personal: what it says of a single person: ``none``, ``id``, ``birth_date`` or ``attribute``.
        feeds: metrics that a district lacks without it.
        what: what it holds.
        example: a cell that would be taken.
        type: the source column's type.
    """

    heading: str
    kind: str
    must_be_filled: str
    allowed: dict[str, str]
    personal: str
    feeds: tuple[str, ...]
    what: str
    example: str
    type: str


def guide_headings(mapping: Mapping, contract: Contract) -> list[HeadingGuide]:
    """A line for each heading that the mapping reads, in its order."""
    target_of = {source.column: name for name, source in mapping.rows[0].items() if isinstance(source, FromColumn)}
    return [
        _guide(source, contract.column(target_of[name]) if name in target_of else None, contract)
        for name, source in mapping.columns.items()
    ]


def _guide(source: SourceColumn, target: Column | None, contract: Contract) -> HeadingGuide:
    allowed = source.codes or {text: text for text in (target.allowed if target else ())}
    kind = _WORDS.get(source.type) or _number(target)
    written = source.pattern or (source.date_format if source.date_format != "%Y-%m-%d" else "")
    return HeadingGuide(
        heading=source.heading,
        kind=f"{kind}, as `{written}`" if written else kind,
        must_be_filled="yes" if target and target.required else "optional" if source.optional else "no",
        allowed=allowed,
        personal=target.personal if target else "birth_date" if source.personal == "birth_date" else "none",
        feeds=contract.feeds_of(target) if target and not target.required else (),
        what=_what(target),
        example=_example(source, target, allowed),
        type=source.type,
    )


def _number(target: Column | None) -> str:
    return f"number, {target.digits[1]} decimals" if target and target.type != "integer" else "whole number"


def _what(target: Column | None) -> str:
    if target is None:
        return IN_THE_VAULT
    return _OF_IDS[target.pseudonym] if target.pseudonym else target.description


def _example(source: SourceColumn, target: Column | None, allowed: dict[str, str]) -> str:
    """A cell that would be taken, made up."""
    if target is None:
        return _A_BIRTH_DATE
    if target.pseudonym:
        return _EXAMPLES_OF_IDS[target.pseudonym]
    if target.example is not None:
        return target.example
    if target.refers_to == "school":
        return _A_SCHOOL
    if source.type in ("date", "timestamp"):
        usual = "%Y-%m-%d" if source.type == "date" else "%Y-%m-%d %H:%M:%S"
        return _A_DAY.strftime(source.date_format if source.date_format != "%Y-%m-%d" else usual)
    if target.type.startswith("decimal"):
        return f"{1:.{target.digits[1]}f}"
    return next(iter(allowed), _EXAMPLES[target.type])
