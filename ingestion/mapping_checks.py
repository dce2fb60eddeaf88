"""Whether a mapping fits the contract that it fills.

Belongs here: what can be said against a mapping without a file at hand. Does not belong here: the shape of a
mapping (``mapping.py``) and what a file does to it (``reading.py``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ingestion.contract import SLOT_COLUMNS, Column, Contract, Pseudonym
from ingestion.mapping import FromColumn, FromDelivery, Mapping
from ingestion.mapping_parts import ISO_DATE, SourceColumn, Status
from ingestion.sheet import DETECT
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

PERSONAL_TYPES = {"birth_date": "date", "sex": "code"}
"""By what a cell says of a pupil, the type it is read as, so that districts are compared alike."""

Fault = tuple[Location, str]


def check_mapping(mapping: Mapping, contracts: dict[str, Contract]) -> Iterator[Fault]:
    """Say where and why a mapping does not fit its contract."""
    contract = contracts.get(mapping.contract)
    if contract is None:
        yield ("contract",), f"is not a known contract; known are {', '.join(sorted(contracts))}"
        return
    if mapping.contract_version != contract.version:
        yield ("contract_version",), f"the product's {contract.name} is version {contract.version}; check the mapping"
    yield from _check_report(mapping, contract)
    yield from _check_form(mapping)
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


def _check_form(mapping: Mapping) -> Iterator[Fault]:
    headings = Counter((column.heading, column.occurrence) for column in mapping.columns.values())
    for name, column in mapping.columns.items():
        if headings[column.heading, column.occurrence] > 1:
            yield ("columns", name, "heading"), f"'{column.heading}' is read twice; give it one name"
        if set(column.symbols) & set("0123456789.-,"):
            yield ("columns", name, "symbols"), "must not hold digits, point, comma or minus"
        yield from _check_number_form(name, column)
        yield from _check_cell_form(name, column)
        yield from _check_markers(column.markers, ("columns", name, "markers"))
    yield from _check_markers(mapping.markers, ("markers",))
    if (mapping.first_school_year or 0) > (mapping.last_school_year or 9999):
        yield ("last_school_year",), "is before first_school_year"
    yield from _check_file_form(mapping)


def _check_file_form(mapping: Mapping) -> Iterator[Fault]:
    """What a mapping says of the bytes must make one form."""
    try:
        if mapping.encoding != DETECT:
            "".encode(mapping.encoding)
    except LookupError:
        yield ("encoding",), "is not a known encoding; utf-8 and cp1252 are the usual ones"
    if mapping.fixed_width and mapping.json_records:
        yield ("json",), "cannot go with fixed_width: a file has one form"
    for name, form in (("fixed_width", mapping.fixed_width), ("json", mapping.json_records)):
        if form and (mapping.heading_rows > 1 or mapping.title_row or mapping.delimiter != ","):
            yield (
                (name,),
                "is of a file without headings, titles and separators: remove heading_rows, title_row, delimiter",
            )
    if mapping.fixed_width:
        for name, column in mapping.columns.items():
            if column.heading not in mapping.fixed_width.columns:
                yield ("columns", name, "heading"), f"'{column.heading}' has no place under fixed_width"


def _check_number_form(name: str, column: SourceColumn) -> Iterator[Fault]:
    if column.type != "number":
        if column.scale != 1 or column.markers:
            yield ("columns", name), "scale and markers are for a column of type number"
        return
    for text, number in column.codes.items():
        if not re.fullmatch(number_pattern("", "", 10), number):
            yield ("columns", name, "codes", text), f"'{number}' is not a number"


def _check_cell_form(name: str, column: SourceColumn) -> Iterator[Fault]:
    if column.date_format != ISO_DATE and column.type not in ("date", "timestamp"):
        yield ("columns", name, "date_format"), "is for a column of type date or timestamp"
    if column.type in ("date", "timestamp") and column.codes:
        yield ("columns", name, "codes"), f"are not for a {column.type}"
    if column.type == "boolean" and set(column.codes.values()) - {"true", "false"}:
        yield ("columns", name, "codes"), "of a boolean mean true or false"
    if column.personal and column.type != PERSONAL_TYPES[column.personal]:
        yield ("columns", name, "type"), f"must be {PERSONAL_TYPES[column.personal]} for a {column.personal}"
    if column.pattern is not None:
        if column.type != "code" or column.codes:
            yield ("columns", name, "pattern"), "is for a column of type code without codes"
        try:
            re.compile(column.pattern)
        except re.error as error:
            yield ("columns", name, "pattern"), f"is not a regular expression: {error}"


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


def _check_markers(markers: dict[str, Status], place: Location) -> Iterator[Fault]:
    for marker in markers:
        if marker != marker.strip():
            yield (*place, marker), "must be written without blanks around it; cells are compared without them"


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
        if column is None or name in SLOT_COLUMNS:
            yield place, f"is not a column of {contract.name} that a mapping fills"
        elif isinstance(source, FromColumn):
            yield from _check_source(mapping, place, source, column)
        elif isinstance(source, FromDelivery) and column.type != "integer":
            yield place, f"{column.name} is of type {column.type}, which a school year does not fit"
        elif isinstance(source, str):
            yield from _check_constant(place, source, column)
    for column in contract.columns:
        if column.required and column.name not in row and column.name not in GIVEN_COLUMNS:
            yield ("rows", number), f"does not fill {column.name}, which {contract.name} requires"


def _check_source(mapping: Mapping, place: Location, source: FromColumn, column: Column) -> Iterator[Fault]:
    found = mapping.columns.get(source.column)
    if found is None:
        yield place, f"'{source.column}' is not one of the columns of this mapping"
    elif column.type not in FITS[found.type] and not (column.is_number and found.type == "number"):
        yield place, f"'{source.column}' is of type {found.type}, which does not fit {column.type}"
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


def _constant_part(name: str, source: str | FromColumn | FromDelivery | None) -> tuple[str, str]:
    """What a mapping itself says of a key column: the constant, or the text behind the file's own."""
    if isinstance(source, FromColumn):
        return name, source.suffix
    return name, source if isinstance(source, str) else ""
