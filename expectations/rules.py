"""The registry of rules: which rules there are, at which door, and what a failure means.

Belongs here: reading and validating ``rules.yaml``. Does not belong here: running a rule.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

FOLDER = Path(__file__).parent
NOT_PASSED = "Could not run is not passed: look for the cause in the rule or in what it reads, not in the figures."
"""What to say where a rule gave no result: a rule's own ``what_to_do`` is for one that failed."""


class RegistryError(Exception):
    """The registry of rules contradicts itself or the rules' SQL files."""


class Rule(BaseModel):
    """One rule of one door."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Z]+[0-9]+$")
    door: Literal[1, 2, 3]
    evaluated_by: Literal["reading", "sql", "suite", "door"]
    scope: Literal["row", "district", "collaborative", "file"]
    severity: Literal["error", "warn"]
    owner: str = Field(min_length=1)
    why: str = Field(min_length=1)
    what_to_do: str = Field(min_length=1)
    may_be_empty: bool = False
    waivable: bool = False

    @model_validator(mode="after")
    def _waives_what_holds_a_district(self) -> Rule:
        judged = (self.scope, self.severity, self.evaluated_by)
        if self.waivable and judged != ("district", "error", "sql"):
            raise ValueError(f"{self.id}: only a rule in SQL that holds a district can be waived")
        return self


class Registry(BaseModel):
    """All rules, and those that were retired with the reason for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[Rule, ...] = Field(min_length=1)
    retired: dict[str, str] = {}
    folder: Path = FOLDER

    @model_validator(mode="after")
    def _ids_once(self) -> Registry:
        ids = [rule.id for rule in self.rules]
        doubled = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
        if doubled:
            raise ValueError(f"{', '.join(doubled)}: a rule's id stands once")
        both = sorted(set(ids) & set(self.retired))
        if both:
            raise ValueError(f"{', '.join(both)}: a rule is either in force or retired")
        return self

    def expected(self, door: int, evaluated_by: str | None = None) -> tuple[Rule, ...]:
        """The rules that must run at a door, in order of their ids."""
        chosen = [rule for rule in self.rules if rule.door == door and evaluated_by in (None, rule.evaluated_by)]
        return tuple(sorted(chosen, key=lambda rule: rule.id))

    def rule(self, rule_id: str) -> Rule:
        """The rule with this id."""
        return next(rule for rule in self.rules if rule.id == rule_id)

    def sql_file(self, rule: Rule) -> Path:
        """Where the rule's SQL stands."""
        return self.folder / "rules" / f"door_{rule.door}" / f"{rule.id}.sql"


def load_registry(folder: Path = FOLDER) -> Registry:
    """Read ``rules.yaml`` and hold it against the SQL files beside it.

    Raises:
        RegistryError: the file is not valid, or an SQL file has no row in it. (A row without its SQL file is not an
            error here: the rule could not run, which blocks its door.)
    """
    source = folder / "rules.yaml"
    try:
        registry = Registry.model_validate({**yaml.safe_load(source.read_text(encoding="utf-8")), "folder": folder})
    except (ValidationError, yaml.YAMLError) as error:
        raise RegistryError(f"{source.name}: {error}") from None
    known = {registry.sql_file(rule) for rule in registry.rules if rule.evaluated_by == "sql"}
    strays = sorted(set((folder / "rules").glob("door_*/*.sql")) - known)
    if strays:
        names = ", ".join(str(stray.relative_to(folder)) for stray in strays)
        raise RegistryError(f"{names}: no row in {source.name} names this rule; add the row or remove the file")
    return registry
