"""Whether a mapping fits the contract that it fills.

Belongs here: what can be said against a mapping without a file at hand. Does not belong here: the shape of a
mapping (``mapping.py``) and what a file does to it (``reading.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingestion.contract import SLOT_COLUMNS, Column, Contract, Pseudonym
from ingestion.mapping import FromColumn, FromDelivery, Mapping, Source
from ingestion.mapping_form_checks import check_form, check_pattern
from ingestion.mapping_parts import Quotient
from ingestion.sql_text import number_pattern
from ingestion.yaml_document import Location

GIVEN_COLUMNS = ("entity_type", "entity_id", "value_status")
"""Contract columns that reading fills by itself."""

FITS = {
    "code": {"text", "surrogate"},
    "text": {"text"},
    "number": set(),
    "date": {"date"},
    "timestamp": {"timestamp"},
    "boolean": {"boolean"},
}
"""By type of a source column, the types that it may land in, numbers apart."""

Fault = tuple[Location, str]


def check_mapping(mapping: Mapping, contracts: dict[str, Contract]) -> Iterator[Fault]:
    """Say where and why a mapping does not fit its contract."""
    contract = contracts.get(mapping.contract)
    if contract is None:
        yield ("contract",), f"is not a known contract; known are {', '.join(sorted(contracts))}"
        return
    if mapping.contract_version != contract.version:
        words = f"the product's {contract.name} is version {contract.version}, and no change leads there from this one"
        yield ("contract_version",), f"{words}; check the mapping"
    yield from _check_report(mapping, contract)
    yield from check_form(mapping)
    yield from _check_years(mapping)
    yield from _check_parts(mapping, contract)
    yield from _check_choices(mapping)
    yield from _check_references(mapping)
    for number, row in enumerate(mapping.rows):
        yield from _check_row(mapping, contract, number, {**mapping.every, **row})
    yield from _check_pupils(mapping, contract)
    yield from _check_keys_differ(mapping, contract)


def _check_report(mapping: Mapping, contract: Contract) -> Iterator[Fault]:
    for name, value in (("report", mapping.report), ("domain", mapping.domain)):
        if contract.holds_many_reports and not value:
            yield (name,), f"is required: {contract.name} holds many reports"
        if not contract.holds_many_reports and value:
            yield (name,), f"is not for {contract.name}, which says it itself; remove it"


def _check_pupils(mapping: Mapping, contract: Contract) -> Iterator[Fault]:
    """What names a pupil lands as a surrogate only, and is compared only where there is a state id."""
    landed: dict[str, set[Pseudonym | None]] = {}
    for number in range(len(mapping.rows)):
        for column in contract.columns:
            source = mapping.source(number, column.name)
            if isinstance(source, FromColumn):
                landed.setdefault(source.column, set()).add(column.pseudonym)
    for name, kinds in landed.items():
        if len(kinds) > 1:
            yield ("columns", name), "is an id of a pupil: it may fill nothing but one kind of surrogate"
    personal = [(column.personal, name) for name, column in mapping.columns.items() if column.personal]
    if personal and {"state_student_id"} not in landed.values():
        yield ("columns",), "has personal columns, which are compared by the state id, but no state id"
    for number, (kind, name) in enumerate(personal):
        if kind in dict(personal[:number]):
            yield ("columns", name), f"is a second column with a {kind}; a pupil has one"
        if kind == "birth_date" and name in landed:
            yield ("columns", name), "is a birth date, which never lands"


def _check_years(mapping: Mapping) -> Iterator[Fault]:
    """A file of many years says them once: in a column, or in each of the rows."""
    name = mapping.year_column
    if name is not None and getattr(mapping.columns.get(name), "type", None) not in ("code", "text"):
        yield ("school_year",), f"'{name}' must be one of the columns, of type code or text"
    said = [mapping.source(number, "school_year") for number in range(len(mapping.rows))]
    for number, year in enumerate(said):
        if year is not None and not (isinstance(year, str) and re.fullmatch(r"\d{4}", year)):
            yield ("rows", number, "school_year"), "must be a year of four digits in quotes, the one in which it ends"
    if any(said) and not all(said):
        yield ("rows",), "must all say their school_year, or none of them"
    if any(said) and mapping.school_year is not None:
        yield ("school_year",), "is said by the rows; remove one of both"
    if mapping.holds_many_years and "school_year" in mapping.match_groups:
        yield ("file",), "must not have the group school_year: the file is of many"
    if name is not None and mapping.control_totals:
        yield ("control_totals",), "are for a file whose total row is of one school year"


def _check_parts(mapping: Mapping, contract: Contract) -> Iterator[Fault]:
    """A report is one file: what is put together of parts is what a district sends of itself."""
    if "part" in mapping.match_groups and (contract.holds_many_reports or mapping.districts is not None):
        yield ("file",), "must not have the group part: a statewide file, or a report of many, comes whole"


def _check_choices(mapping: Mapping) -> Iterator[Fault]:
    """Rows are chosen by columns that are read."""
    for key, choices in (("only_rows", mapping.only_rows), ("skip_rows", mapping.skip_rows)):
        for name, rows in choices.items():
            if name not in mapping.columns:
                yield (key, name), "is not one of the columns of this mapping"
            if rows.matching is not None:
                yield from check_pattern(rows.matching, (key, name, "matching"))


def _check_references(mapping: Mapping) -> Iterator[Fault]:
    if mapping.districts and getattr(mapping.columns.get(mapping.districts.column), "type", None) != "code":
        yield ("districts", "column"), "must name a column of type code"
    for name, total in mapping.control_totals.items():
        if not mapping.districts or not mapping.districts.totals:
            yield ("control_totals", name), "needs districts.totals, the codes of the total row"
        for each in filter(None, (name, total.weight)):
            if getattr(mapping.columns.get(each), "type", None) != "number":
                yield ("control_totals", name), f"'{each}' must be a column of type number"
    for name, identity in mapping.identities.items():
        for each in identity.columns:
            if getattr(mapping.columns.get(each), "type", None) != "number":
                yield ("identities", name), f"'{each}' must be a column of type number"


def _check_row(mapping: Mapping, contract: Contract, number: int, row: dict) -> Iterator[Fault]:
    for name, source in row.items():
        column = contract.column(name)
        place = ("rows", number, name) if name in mapping.rows[number] else ("every", name)
        if name == "school_year":
            continue
        if column is None or name in SLOT_COLUMNS:
            yield place, f"is not a column of {contract.name} that a mapping fills"
        elif isinstance(source, FromColumn):
            yield from _check_source(mapping, place, source, column)
        elif isinstance(source, Quotient):
            yield from _check_quotient(mapping, place, source, column)
        elif isinstance(source, FromDelivery) and column.type != "integer":
            yield place, f"{column.name} is of type {column.type}, which a school year does not fit"
        elif isinstance(source, str):
            yield from _check_constant(place, source, column)
    for column in contract.columns:
        if column.required and column.name not in row and column.name not in GIVEN_COLUMNS:
            yield ("rows", number), f"does not fill {column.name}, which {contract.name} requires"


def _check_quotient(mapping: Mapping, place: Location, source: Quotient, column: Column) -> Iterator[Fault]:
    for name in (source.divide, source.by):
        if getattr(mapping.columns.get(name), "type", None) != "number":
            yield place, f"'{name}' must be a column of type number"
    if column.name != "value":
        yield place, "only a value is divided"


def _check_source(mapping: Mapping, place: Location, source: FromColumn, column: Column) -> Iterator[Fault]:
    found = mapping.columns.get(source.column)
    if found is None:
        yield place, f"'{source.column}' is not one of the columns of this mapping"
    elif column.type not in FITS[found.type] and not (column.is_number and found.type == "number"):
        yield place, f"'{source.column}' is of type {found.type}, which does not fit {column.type}"
    elif found.optional and column.required:
        yield place, f"'{source.column}' may be absent, but {column.name} must always be filled"
    elif source.suffix and column.type != "text":
        yield place, f"{column.name} is of type {column.type}, which no suffix fits"
    elif column.type == "surrogate" and found.codes:
        yield place, f"'{source.column}' is an id of a pupil, which needs no codes"
    elif column.allowed and set(found.codes.values()) - set(column.allowed):
        yield place, f"'{source.column}' needs codes that lead to {', '.join(column.allowed)}"


def _check_constant(place: Location, constant: str, column: Column) -> Iterator[Fault]:
    if column.type != "text" and not (
        column.is_number and re.fullmatch(number_pattern("", "", column.digits[1]), constant)
    ):
        yield place, f"'{constant}' does not fit {column.type}"
    if column.allowed and constant not in column.allowed:
        yield place, f"must be one of {', '.join(column.allowed)}"


def _check_keys_differ(mapping: Mapping, contract: Contract) -> Iterator[Fault]:
    """Rows that land from one source row must differ by constants, and take the rest of their key alike."""
    seen: set[tuple] = set()
    shapes: set[tuple] = set()
    for number in range(len(mapping.rows)):
        key = [(name, mapping.source(number, name)) for name in contract.key]
        constants = tuple(_constant_part(name, source) for name, source in key)
        shapes.add(tuple((name, source.column) for name, source in key if isinstance(source, FromColumn)))
        if constants in seen:
            yield ("rows", number), "has the same key as another row of this mapping"
        seen.add(constants)
    if not mapping.districts and not any(shapes):
        yield ("rows",), "take no part of their key from the file, so that no two rows could be told apart"
    if len(shapes) > 1:
        yield ("rows",), "must all take the same key columns from the file"


def _constant_part(name: str, source: Source | None) -> tuple[str, str]:
    """What a mapping itself says of a key column: the constant, or the text behind the file's own."""
    if isinstance(source, FromColumn):
        return name, source.suffix
    return name, source if isinstance(source, str) else ""
