"""What an extract must hold: the contract between a sender and the warehouse.

Belongs here: a contract's columns, key and types, loaded from ``contracts/*.yaml``. Does not belong here: how
one sender's file becomes such rows (``mapping.py``).
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ingestion.contract_versions import Change, check_changes
from ingestion.yaml_document import ConfigurationError, read_yaml

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = Path(__file__).parent / "contracts"
SLOT_COLUMNS = ("district_id", "school_year")
"""Columns of every landed row that say which slot it belongs to; first in every key."""

Pseudonym = Literal["student_local_id", "state_student_id", "staff_local_id", "respondent_id"]
"""A kind of id that never lands. A state id is one pupil everywhere, any other belongs to its district alone."""

Personal = Literal["none", "id", "attribute"]
"""What a column says of a single person; what would name one, or tell the day of birth, is in no contract."""

Domain = Literal["reference", "student", "staff", "finance", "operations", "survey", "collaboration", "by_report"]
Cadence = Literal["nightly", "weekly", "monthly", "quarterly", "term", "half_yearly", "annual"]
MetricId = Annotated[str, Field(pattern=r"^[A-Z]{2,3}\.[A-Z]{0,2}\d{2}[a-z]?$")]

Reference = Literal["school", "enrollment", "student", "staff", "account", "building", "intervention", "goal"]

KNOWN_IN: dict[str, tuple[str, ...]] = {
    "student": ("students", "enrollments"),
    "staff": ("staff",),
    "account": ("chart_of_accounts",),
    "building": ("buildings",),
    "intervention": ("interventions",),
    "goal": ("goals",),
}
"""The extracts that tell of what a column refers to, in a column of the same name."""

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_Strict = ConfigDict(extra="forbid", frozen=True, strict=True)


class Column(BaseModel):
    """One column of a contract.

    Attributes:
        name: name in landing.
        type: ``text``, ``integer``, ``boolean``, ``date``, ``timestamp``, ``decimal(p,s)`` or ``surrogate``.
        required: True when a landed row always holds a value.
        allowed: the only texts that may land, when the list is closed.
        is_watched: True where the shares of its codes are compared with those of earlier deliveries (rule D01).
        ordinary: the code of a row that tells nothing, of which there are many: left out of those shares.
        pseudonym: of a surrogate, the kind of id that goes in; what lands is a random number from the vault.
        personal: ``id`` of what stands for a person's id, ``attribute`` of what else is told of one person.
        refers_to: what the value must be known as: ``school`` on the roster (each row, rule Q04), ``enrollment`` as one
            at that school on that day, anything else in the extracts of :data:`KNOWN_IN` (door 1, rule Q04).
        feeds: metrics that a district lacks when it leaves the column out; of a required column those of the contract.
        description: what the column holds.
        example: a cell as a sender writes it, for documents; without one, what its type suggests.
        ceds: element of the Common Education Data Standards.
        edfi: entity and property of Ed-Fi.
        oneroster: file and property of OneRoster 1.2.
    """

    model_config = _Strict
    name: str = Field(pattern=r"[a-z][a-z0-9_]*")
    type: str = Field(pattern=r"^(text|integer|boolean|date|timestamp|surrogate|decimal\(\d+,\d+\))$")
    required: bool
    allowed: tuple[str, ...] = Field(default=(), strict=False)
    is_watched: bool = False
    ordinary: str | None = None
    pseudonym: Pseudonym | None = None
    personal: Personal = "none"
    refers_to: Reference | None = None
    feeds: tuple[MetricId, ...] = Field(default=(), strict=False)
    description: str
    example: str | None = None
    ceds: str = ""
    edfi: str = ""
    oneroster: str = ""

    @model_validator(mode="after")
    def _a_surrogate_says_of_what(self) -> Self:
        if (self.type == "surrogate") != (self.pseudonym is not None):
            raise ValueError("pseudonym belongs to a column of type surrogate, and only to it")
        if (self.type == "surrogate") != (self.personal == "id"):
            raise ValueError("an id of a person lands as a surrogate, and nothing else does: personal must be id")
        if self.required and self.feeds:
            raise ValueError("feeds of a required column are the contract's own")
        return self

    @model_validator(mode="after")
    def _codes_are_watched(self) -> Self:
        if self.is_watched and not self.allowed:
            raise ValueError("is_watched belongs to a column of codes: allowed must list them")
        if self.ordinary is not None and not (self.is_watched and self.ordinary in self.allowed):
            raise ValueError("ordinary must be one of the codes of a column that is watched")
        return self

    @property
    def digits(self) -> tuple[int, int]:
        """Digits that a number may have before and after the point."""
        decimal = _DECIMAL.fullmatch(self.type)
        return (int(decimal[1]) - int(decimal[2]), int(decimal[2])) if decimal else (9, 0)

    @property
    def is_number(self) -> bool:
        """Whether the column holds numbers."""
        return self.type == "integer" or self.type.startswith("decimal")

    @property
    def sql_type(self) -> str:
        """The type as DuckDB writes it."""
        return {"text": "VARCHAR", "surrogate": "BIGINT"}.get(self.type, self.type.upper())

    @property
    def arrow_type(self) -> pa.DataType:
        """The type as Arrow writes it."""
        import pyarrow as pa

        decimal = _DECIMAL.fullmatch(self.type)
        if decimal:
            return pa.decimal128(int(decimal[1]), int(decimal[2]))
        return {
            "text": pa.string(),
            "integer": pa.int32(),
            "boolean": pa.bool_(),
            "date": pa.date32(),
            "timestamp": pa.timestamp("us"),
            "surrogate": pa.int64(),
        }[self.type]


class Contract(BaseModel):
    """One extract contract.

    Attributes:
        name: name, also the folder in landing.
        version: raised whenever the meaning of a column changes.
        title: name for people.
        description: one row per what, and where it comes from.
        notes: what else a sender should know.
        domain: the domain whose extracts must agree, or ``by_report`` when each mapping says it.
        cadence: how often a district is expected to send it.
        feeds: metrics that a district lacks when it does not send it.
        edfi: entities of Ed-Fi.
        oneroster: files of OneRoster 1.2.
        admission: ``each`` when a file is admitted slot by slot, ``whole`` when all its slots go together.
        keeps_vintages: True when earlier publications stay selectable beside the current one.
        parts_of_a_sum: True when rows are added up, so that one refused row spoils the whole file.
        is_cumulative: True when the extract grows through the school year, so that it may double between two nights.
        dated_by: column of the day that a row is about; the greatest tells through when the rows go.
        key: columns that make a row unique; the slot's columns come first.
        changes: what each version changed, from the one after the earliest that is still read.
        columns: the columns, without the slot's own and without where a row came from.
    """

    model_config = _Strict
    name: str = Field(pattern=r"[a-z][a-z0-9_]*")
    version: int = Field(ge=1)
    title: str
    description: str
    notes: str = ""
    domain: Domain
    cadence: Cadence
    feeds: tuple[MetricId, ...] = Field(default=(), strict=False)
    edfi: str = ""
    oneroster: str = ""
    admission: Literal["each", "whole"]
    keeps_vintages: bool
    parts_of_a_sum: bool = False
    is_cumulative: bool = False
    dated_by: str | None = None
    key: tuple[str, ...] = Field(strict=False)
    changes: tuple[Change, ...] = Field(default=(), strict=False)
    columns: tuple[Column, ...] = Field(strict=False)

    @model_validator(mode="after")
    def _key_exists(self) -> Self:
        names = [column.name for column in self.columns]
        if self.key[:2] != SLOT_COLUMNS:
            raise ValueError("key must start with district_id, school_year")
        unknown = [name for name in self.key[2:] if name not in names]
        if unknown or len(set(names)) != len(names):
            raise ValueError(f"key names unknown columns ({', '.join(unknown)}) or a column stands twice")
        optional = [name for name in self.key[2:] if not self._may_be_in_the_key(name)]
        if optional:
            raise ValueError(f"key names columns that may be empty: {', '.join(optional)}")
        return self

    @model_validator(mode="after")
    def _columns_fit_the_contract(self) -> Self:
        for column in self.columns:
            if set(column.feeds) - set(self.feeds):
                raise ValueError(f"{column.name} feeds metrics that the contract does not")
        check_changes(self.version, self.changes, {column.name: column.required for column in self.columns})
        if not self.holds_people and any(column.personal != "none" for column in self.columns):
            raise ValueError("a column tells of a person, but no column is the id of one")
        if self.dated_by and not any(c.name == self.dated_by and c.type == "date" for c in self.columns):
            raise ValueError("dated_by must name a column of type date")
        return self

    def _may_be_in_the_key(self, name: str) -> bool:
        """A key is never empty, but for the person whom nobody knows."""
        return any(column.name == name and (column.required or column.pseudonym) for column in self.columns)

    @property
    def holds_many_reports(self) -> bool:
        """Whether one contract carries many reports, each an extract of its own."""
        return self.domain == "by_report"

    @property
    def versions_read(self) -> range:
        """Versions for which a mapping, a manifest or a landed file may have been written."""
        return range(self.version - len(self.changes), self.version + 1)

    @property
    def holds_people(self) -> bool:
        """Whether its rows are about single persons: no cell of such a file is quoted anywhere."""
        return any(column.pseudonym for column in self.columns)

    def feeds_of(self, column: Column) -> tuple[str, ...]:
        """Metrics that a district lacks without that column."""
        return self.feeds if column.required else column.feeds

    def extract(self, report: str, part: str = "") -> str:
        """The slot's extract for a mapping's report, or for a part of what one district sends."""
        inner = report if self.holds_many_reports else part.casefold()
        return f"{self.name}.{inner}" if inner else self.name

    def column(self, name: str) -> Column | None:
        """The column with that name."""
        return next((column for column in self.columns if column.name == name), None)

    def arrow_schema(self) -> pa.Schema:
        """Schema of the rows that a reading gives: slot, contract columns, line of the source."""
        import pyarrow as pa

        fields = [
            pa.field("district_id", pa.string(), nullable=False),
            pa.field("school_year", pa.int32(), nullable=False),
        ]
        fields += [pa.field(column.name, column.arrow_type, nullable=not column.required) for column in self.columns]
        return pa.schema([*fields, pa.field("source_line", pa.int32(), nullable=False)])

    def landing_schema(self) -> pa.Schema:
        """Schema of the rows in landing: a reading's, with the delivery they came with."""
        import pyarrow as pa

        schema = self.arrow_schema()
        return schema.insert(len(schema) - 1, pa.field("delivery_id", pa.string(), nullable=False))


def without_part(extract: str) -> str:
    """An extract as it is expected: without its part, if it has one; a report is an extract of its own."""
    contract = load_contracts()[extract.split(".")[0]]
    return extract if contract.holds_many_reports else contract.name


def title_of(extract: str) -> str:
    """Name of an extract for people: the contract's, with the part, or the report's."""
    name, _, inner = extract.partition(".")
    contract = load_contracts()[name]
    if contract.holds_many_reports:
        return extract.split(".")[-1]
    return f"{contract.title}, part {inner}" if inner else contract.title


@cache
def load_contracts() -> dict[str, Contract]:
    """Load the contracts that the product ships, by name.

    Raises:
        ConfigurationError: a contract's file is not valid.
    """
    contracts, errors = {}, []
    for path in sorted(FOLDER.glob("*.yaml")):
        try:
            contract = read_yaml(path).validate(Contract)
            contracts[contract.name] = contract
        except ConfigurationError as error:
            errors.extend(error.messages)
    if errors:
        raise ConfigurationError(errors)
    return contracts
