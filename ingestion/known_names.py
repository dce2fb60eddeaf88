"""Names that are known of what a contract holds: its own, standards', usual ones, and headings that mappings read.

Belongs here: gathering them. Does not belong here: comparing a heading with them (``heading_words.py``), choosing one
(``suggestions.py``).
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from ingestion.configuration_table import DEFAULTS
from ingestion.contract import SLOT_COLUMNS, Column, Contract, load_contracts
from ingestion.mapping import FromColumn, Mapping
from ingestion.mapping_files import SHIPPED, is_part, load_mapping
from ingestion.mapping_form_checks import PERSONAL_TYPES
from ingestion.mapping_parts import SourceColumn
from ingestion.yaml_document import ConfigurationError

CHECKOUT = Path(__file__).resolve().parent.parent
DISTRICT = "district_id"
"""What the column with the district's code of a statewide file leads to."""
NOT_READ = "-"
"""What a heading leads to that is left alone, such as a person's name."""

Kind = Literal["contract", "standard", "synonym", "mapping"]


@dataclass(frozen=True)
class KnownName:
    """One name that means a contract's column.

    Attributes:
        contract: the contract.
        column: its column, or ``district_id`` for the code that says whose row it is.
        name: the name.
        kind: who calls it so: the contract itself, a standard, many systems (``column_synonyms.csv``), or a mapping.
        mapping: which mapping.
        source: how that mapping reads the column.
    """

    contract: str
    column: str
    name: str
    kind: Kind
    mapping: str = ""
    source: SourceColumn | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Knowledge:
    """Everything that a suggestion is drawn from.

    Attributes:
        names: the known names.
        repeated: contract and column where a mapping fills the column from several of a file's.
        filled: by contract and column, in what share of the mappings that fill the contract a file's column fills it;
            else it is a constant or left out.
        file_words: by contract, its name and titles of the files that fill it.
    """

    names: tuple[KnownName, ...]
    repeated: frozenset[tuple[str, str]] = frozenset()
    filled: dict[tuple[str, str], float] = field(default_factory=dict)
    file_words: dict[str, list[str]] = field(default_factory=dict)


def all_mapping_paths(checkout: Path = CHECKOUT) -> list[Path]:
    """Every mapping that the product ships, of collaboratives and of publishers."""
    paths = [*(checkout / "collaboratives").glob("*/mappings/*.yaml"), *SHIPPED.glob("*/*.yaml")]
    return [path for path in sorted(paths) if not is_part(path)]


def load_all_mappings(paths: Iterable[Path] | None = None) -> list[Mapping]:
    """The shipped mappings that can be loaded; one that cannot is told by the tests, not by a suggestion."""
    found = []
    for path in all_mapping_paths() if paths is None else paths:
        try:
            found.append(load_mapping(path)[0])
        except ConfigurationError:
            continue
    return found


def gather(mappings: Iterable[Mapping]) -> Knowledge:
    """What contracts, standards and these mappings call things."""
    return combine((mapping, names_of(mapping)) for mapping in mappings)


def combine(named: Iterable[tuple[Mapping, Sequence[KnownName]]]) -> Knowledge:
    """The same, of mappings whose names (:func:`names_of`) are known already."""
    contracts = load_contracts()
    names = list(_of_contracts())
    times: Counter[tuple[str, str]] = Counter()
    n_mappings: Counter[str] = Counter()
    repeated: set[tuple[str, str]] = set()
    file_words: dict[str, list[str]] = {name: [name, contract.title] for name, contract in contracts.items()}
    for mapping, own in named:
        if mapping.contract in contracts:
            names += own
            per_column = Counter((name.contract, name.column) for name in own)
            times.update(per_column.keys())
            n_mappings[mapping.contract] += 1
            repeated |= {column for column, number in per_column.items() if number > 1}
            file_words[mapping.contract].append(mapping.title)
    keys = {(name.contract, name.column) for name in names}
    filled = {key: times[key] / n_mappings[key[0]] for key in keys if n_mappings[key[0]]}
    return Knowledge(tuple(dict.fromkeys(names)), frozenset(repeated), filled, file_words)


@cache
def _of_contracts() -> tuple[KnownName, ...]:
    return tuple(name for contract in load_contracts().values() for name in _of_contract(contract))


def targets(mapping: Mapping, contract: Contract, name: str) -> set[str]:
    """Contract columns that a column of the mapping fills."""
    found = {
        column.name
        for number in range(len(mapping.rows))
        for column in contract.columns
        if isinstance(source := mapping.source(number, column.name), FromColumn) and source.column == name
    }
    if mapping.districts is not None and mapping.districts.column == name:
        found.add(DISTRICT)
    if mapping.columns[name].personal:
        found.add(mapping.columns[name].personal or "")
    return found


def _of_contract(contract: Contract) -> list[KnownName]:
    names = []
    for column in contract.columns:
        if column.name in SLOT_COLUMNS:
            continue
        own = [column.name, column.name.replace("_usd", ""), *([column.pseudonym] if column.pseudonym else [])]
        names += [KnownName(contract.name, column.name, name, "contract") for name in dict.fromkeys(own)]
        names += [KnownName(contract.name, column.name, name, "standard") for name in _standard_names(column)]
    beside = [DISTRICT] if contract.holds_many_reports else []
    if any(column.pseudonym == "state_student_id" for column in contract.columns):
        beside += PERSONAL_TYPES
    names += [KnownName(contract.name, name, name, "contract") for name in beside]
    known = {NOT_READ, *(name.column for name in names)}
    names += [KnownName(contract.name, column, name, "synonym") for column, name in _synonyms() if column in known]
    return names


@cache
def _synonyms() -> tuple[tuple[str, str], ...]:
    with (DEFAULTS / "column_synonyms.csv").open(encoding="utf-8", newline="") as handle:
        return tuple((row["column"], row["name"]) for row in csv.DictReader(handle))


def _standard_names(column: Column) -> list[str]:
    """The last word of ``Entity.property``, without what is said in brackets."""
    said = [column.edfi, getattr(column, "oneroster", "")]
    parts = [part.split("(")[0].strip() for text in said for part in text.split(",")]
    return [part.rsplit(".", 1)[1] for part in parts if "." in part]


def names_of(mapping: Mapping) -> tuple[KnownName, ...]:
    """The headings that a mapping reads, each as a name of the columns that it fills."""
    contract = load_contracts().get(mapping.contract)
    if contract is None:
        return ()
    return tuple(
        KnownName(contract.name, target, column.heading, "mapping", mapping.mapping, column)
        for name, column in mapping.columns.items()
        if column.heading
        for target in sorted(targets(mapping, contract, name))
    )
