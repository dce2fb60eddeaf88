"""The mutants: small, deliberate faults in formulas and rules, each with the tests that must notice it.

Belongs here: reading ``mutants.yaml``, planting a mutant, and what the list itself must hold. Does not belong here:
running anything (``mutate.py``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

LIST = Path(__file__).with_suffix(".yaml")

MUST_BE_BROKEN = (
    "dbt_project/models/**/measure_*.sql",
    "dbt_project/models/**/int_*.sql",
    "expectations/rules/door_*/*.sql",
    "expectations/suites/[!_]*.py",
)
"""Formulas, rules in SQL and suites: each such file has a mutant."""


class Mutant(BaseModel):
    """One fault.

    Attributes:
        file: the file it stands in, from the root of the repository.
        find: the text it replaces; stands exactly once in the file.
        replace: the faulty text.
        breaks: what goes wrong, in words.
        rule: the quality rule that it breaks, if it breaks one.
        unit: the dbt model whose unit tests must notice it.
        tests: or the files or node ids of pytest that must.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    file: str
    find: str = Field(min_length=1)
    replace: str
    breaks: str = Field(min_length=1)
    rule: str | None = None
    unit: str | None = None
    tests: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _is_one_fault(self) -> Mutant:
        if (self.unit is None) == (not self.tests):
            raise ValueError("either `unit` or `tests` must notice a mutant")
        if self.find == self.replace:
            raise ValueError("a mutant changes something")
        return self

    @property
    def name(self) -> str:
        """File and fault."""
        return f"{Path(self.file).name}: {self.breaks}"

    def is_stale(self, root: Path) -> bool:
        """Whether the text it replaces does not stand in its file exactly once."""
        path = root / self.file
        return not path.is_file() or path.read_text(encoding="utf-8").count(self.find) != 1

    def plant(self, root: Path) -> None:
        """Write the fault into a copy of the repository."""
        path = root / self.file
        path.write_text(path.read_text(encoding="utf-8").replace(self.find, self.replace), encoding="utf-8")


def load_mutants(path: Path = LIST) -> list[Mutant]:
    """Read the list; what a group says holds for each of its mutants that does not say otherwise."""
    groups = yaml.safe_load(path.read_text(encoding="utf-8"))
    entries = [{**group, **mutant} for group in groups for mutant in group.pop("mutants")]
    for entry in entries:
        if entry.get("tests"):
            entry.pop("unit", None)
    return TypeAdapter(list[Mutant]).validate_python(entries)


def find_faults(mutants: Sequence[Mutant], root: Path) -> list[str]:
    """What is wrong with the list: stale or doubled mutants, formulas and rules that nobody breaks."""
    names = Counter(mutant.name for mutant in mutants)
    files = sorted(path.relative_to(root).as_posix() for pattern in MUST_BE_BROKEN for path in root.glob(pattern))
    rules = yaml.safe_load((root / "expectations" / "rules.yaml").read_text(encoding="utf-8"))["rules"]
    known, broken = {rule["id"] for rule in rules}, {mutant.rule for mutant in mutants if mutant.rule}
    return [
        *(f"{mutant.name}: stale, its text does not stand once" for mutant in mutants if mutant.is_stale(root)),
        *(f"{name}: two mutants have this name" for name, count in names.items() if count > 1),
        *(f"{file}: no mutant" for file in files if file not in {mutant.file for mutant in mutants}),
        *(f"rule {rule}: no mutant" for rule in sorted(known - broken)),
        *(f"rule {rule}: broken by a mutant, but not in the registry" for rule in sorted(broken - known)),
    ]
