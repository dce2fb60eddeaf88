"""Waivers: rules that may fail in a district until a day, by whom and why (``waivers.yaml``).

Belongs here: that file, and what a waiver is worth on a day. Does not belong here: applying it to what a rule found
(``expectations.waivers``), or letting come up again what was held (``admission.py``).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingestion.contract import load_contracts
from ingestion.settings import REPOSITORY
from ingestion.yaml_document import ConfigurationError, Document, read_yaml

FILE_NAME = "waivers.yaml"
RULES = REPOSITORY / "expectations" / "rules.yaml"

SOON = timedelta(days=30)
"""How long before its last day every report says that a waiver ends soon."""

State = Literal["live", "expired", "not_yet"]
_Strict = ConfigDict(extra="forbid", frozen=True, strict=True)


class Waiver(BaseModel):
    """One rule that may fail in one district for a time.

    Attributes:
        rule: the rule.
        district: the district.
        domain: in this domain only; only of a rule of door 1, and in every domain when left out.
        school_year: in this ending year only; only of a rule of door 1, and in every year when left out.
        reason: why, for whoever reads a report.
        granted_by: who answers for it.
        granted_on: the first day on which it counts.
        expires_on: the last.
    """

    model_config = _Strict
    rule: str
    district: str
    domain: str | None = None
    school_year: int | None = None
    reason: str = Field(min_length=1)
    granted_by: str = Field(min_length=1)
    granted_on: date
    expires_on: date

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.expires_on < self.granted_on:
            raise ValueError("expires_on is before granted_on")
        return self

    def state(self, day: date) -> State:
        """What it is worth on a day."""
        if day < self.granted_on:
            return "not_yet"
        return "live" if day <= self.expires_on else "expired"

    def covers(self, rule_id: str, district_id: str | None, domain: str | None, school_year: int | None) -> bool:
        """Whether it speaks of a rule's result."""
        is_there = (self.rule, self.district) == (rule_id, district_id)
        return is_there and self.domain in (None, domain) and self.school_year in (None, school_year)

    def place(self) -> str:
        """Where it counts, and for which rule."""
        return " ".join(str(part) for part in (self.district, self.domain, self.school_year, self.rule) if part)

    def words(self, day: date) -> str:
        """Until when, by whom and why, as every report says it."""
        by = f"by {self.granted_by} because {self.reason}"
        soon = " (ends soon: what fails is held after that day)" if self.expires_on - day <= SOON else ""
        return {
            "live": f"waived until {self.expires_on} {by}{soon}",
            "expired": f"the waiver {by} expired on {self.expires_on}",
            "not_yet": f"to be waived from {self.granted_on} to {self.expires_on} {by}",
        }[self.state(day)]


@dataclass(frozen=True)
class RuleTerms:
    """What the registry of rules says of a rule, as far as waivers ask."""

    door: int
    is_waivable: bool


class _Waivers(BaseModel):
    """The keys of ``waivers.yaml``."""

    model_config = _Strict
    waivers: tuple[Waiver, ...] = Field(strict=False)


def read_waivers(folder: Path, district_ids: Collection[str], faults: list[str]) -> tuple[Waiver, ...]:
    """The waivers of a collaborative's folder, if it has any; every fault is appended with its place."""
    path = folder / FILE_NAME
    if not path.is_file():
        return ()
    try:
        document = read_yaml(path)
        waivers = document.validate(_Waivers).waivers
    except ConfigurationError as error:
        faults.extend(error.messages)
        return ()
    for number, waiver in enumerate(waivers):
        faults.extend(_find_faults(waiver, number, document, district_ids))
    return waivers


def waiver_for(
    waivers: Iterable[Waiver],
    day: date,
    rule_id: str,
    district_id: str | None,
    domain: str | None = None,
    school_year: int | None = None,
) -> Waiver | None:
    """The waiver that counts for a rule's result: one that is live, else the one that expired last."""
    own = [each for each in waivers if each.covers(rule_id, district_id, domain, school_year)]
    begun = [each for each in own if each.state(day) != "not_yet"]
    return max(begun, key=lambda each: each.expires_on, default=None)


def states_at_door_2(waivers: Iterable[Waiver], day: date) -> list[list[str]]:
    """What waivers of door 2 are worth on a day: with another answer it is another build."""
    return sorted([each.rule, each.district, each.state(day)] for each in waivers if rule_terms()[each.rule].door == 2)


@cache
def rule_terms() -> dict[str, RuleTerms]:
    """The terms of each rule of the registry, by id."""
    rows = read_yaml(RULES).data["rules"]
    return {row["id"]: RuleTerms(row["door"], bool(row.get("waivable"))) for row in rows}


def _find_faults(waiver: Waiver, number: int, document: Document, district_ids: Collection[str]) -> Iterator[str]:
    """What is wrong with one waiver beyond its form."""

    def fault(key: str, words: str) -> str:
        return f"{document.place(('waivers', number, key))}: waivers.{number}.{key}: {words}"

    terms = rule_terms().get(waiver.rule)
    if terms is None:
        yield fault("rule", f"{waiver.rule} is no rule; expectations/rules.yaml lists them")
    elif not terms.is_waivable:
        can = ", ".join(sorted(rule_id for rule_id, each in rule_terms().items() if each.is_waivable))
        yield fault("rule", f"{waiver.rule} may not be waived; those that may are {can}")
    if waiver.district not in district_ids:
        yield fault("district", f"{waiver.district} is not in districts.csv")
    if waiver.domain is not None and waiver.domain not in {each.domain for each in load_contracts().values()}:
        yield fault("domain", f"{waiver.domain} is no domain")
    if terms is not None and terms.door == 2:
        for key in ("domain", "school_year"):
            if getattr(waiver, key) is not None:
                yield fault(key, f"{waiver.rule} judges all of a district at once; leave {key} out")
