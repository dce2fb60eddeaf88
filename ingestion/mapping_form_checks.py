"""Whether the form that a mapping describes can be: of its columns, of cells, of the file.

Belongs here: what can be said of it without the contract. Does not belong here: whether the mapping fits the contract
(``mapping_checks.py``).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from ingestion.mapping import Mapping
from ingestion.mapping_parts import ISO_DATE, SourceColumn, Status
from ingestion.sheet import DETECT
from ingestion.sql_text import number_pattern
from ingestion.yaml_document import Location

PERSONAL_TYPES = {"birth_date": "date", "sex": "code"}
"""By what a cell says of a pupil, the type it is read as, so that districts are compared alike."""

OWN_NAMES = ("line", "cells")
"""Names that reading gives columns of its own: the line of the source, and how many cells it has."""

_OF_NUMBERS = "scale, round_to, markers, negatives, symbols_after and decimal"

Fault = tuple[Location, str]


def check_form(mapping: Mapping) -> Iterator[Fault]:
    """Say where and why the form of columns or of the file cannot be as it is described."""
    whole = [column for column in mapping.columns.values() if column.has_cells and column.extract is None]
    headings = Counter((column.heading, column.occurrence) for column in whole)
    for name, column in mapping.columns.items():
        if name in OWN_NAMES:
            yield ("columns", name), "is a name that reading uses itself; call the column otherwise"
        if column in whole and headings[column.heading, column.occurrence] > 1:
            yield ("columns", name, "heading"), f"'{column.heading}' is read twice; give it one name"
        for key, symbols in (("symbols", column.symbols), ("symbols_after", column.symbols_after)):
            if set(symbols) & set("0123456789.-,()"):
                yield ("columns", name, key), "must not hold digits, point, comma, minus or brackets"
        yield from _check_parts_of_cells(mapping, name, column)
        yield from _check_number_form(name, column)
        yield from _check_cell_form(name, column)
        yield from _check_markers(column.markers, ("columns", name, "markers"))
        yield from _check_optional(mapping, name, column)
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
            if column.has_cells and column.heading not in mapping.fixed_width.columns:
                yield ("columns", name, "heading"), f"'{column.heading}' has no place under fixed_width"


def _check_optional(mapping: Mapping, name: str, column: SourceColumn) -> Iterator[Fault]:
    if column.optional and column.type == "number" and "" not in {**mapping.markers, **column.markers}:
        yield ("columns", name, "optional"), "needs a marker '' that says what an empty cell means"
    if column.optional and mapping.districts and mapping.districts.column == name:
        yield ("columns", name, "optional"), "is not for the column that says who a row is about"


def _check_number_form(name: str, column: SourceColumn) -> Iterator[Fault]:
    if column.type != "number":
        if (
            column.scale != 1
            or column.markers
            or column.negatives
            or column.symbols_after
            or column.decimal != "."
            or column.round_to is not None
        ):
            yield ("columns", name), f"{_OF_NUMBERS} are for a column of type number"
        return
    if column.decimal == column.thousands:
        yield ("columns", name, "thousands"), "is the sign before the decimals too: a number could be read in two ways"
    for text, number in column.codes.items():
        if not re.fullmatch(number_pattern("", "", 10), number):
            yield ("columns", name, "codes", text), f"'{number}' is not a number"


def _check_cell_form(name: str, column: SourceColumn) -> Iterator[Fault]:
    if (column.date_formats or column.excel_serial) and column.type != "date":
        yield ("columns", name), "date_formats and excel_serial are for a column of type date"
    if column.date_formats and column.date_format != ISO_DATE:
        yield ("columns", name, "date_formats"), "says it all; remove date_format"
    if column.pad is not None and column.type != "code":
        yield ("columns", name, "pad"), "is for a column of type code"
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
        yield from check_pattern(column.pattern, ("columns", name, "pattern"))


def _check_parts_of_cells(mapping: Mapping, name: str, column: SourceColumn) -> Iterator[Fault]:
    if column.extract is not None:
        place = ("columns", name, "extract")
        faults = list(check_pattern(column.extract, place))
        yield from faults
        if not faults and re.compile(column.extract).groups != 1:
            yield place, "must have exactly one group in brackets: the part that is read"
        if column.type == "text":
            yield place, "is for a code, a number, a date or a boolean: what does not match must be refused"
    for part in column.merged:
        found = mapping.columns.get(part)
        key = "merge" if column.merge is not None else "add"
        if found is None or not found.has_cells:
            yield ("columns", name, key), f"'{part}' must be a column of this mapping that has a heading"
        elif key == "add" and found.type != "number":
            yield ("columns", name, key), f"'{part}' must be a column of type number"
    summed = {*column.add, *column.less}
    if column.empty_parts == "add_nothing" and not any(
        identity.empty_parts == "add_nothing" and summed <= {identity.value, *identity.parts}
        for identity in mapping.identities.values()
    ):
        yield (
            ("columns", name, "empty_parts"),
            "add_nothing needs an identity that holds these columns with empty_parts: add_nothing, which shows it",
        )
    if column.merge is not None and not column.merged:
        yield ("columns", name, "merge"), "names no column; write it as in {county}-{number}"


def check_pattern(pattern: str, place: Location) -> Iterator[Fault]:
    """Say what is wrong with a regular expression that cells are compared with."""
    try:
        re.compile(pattern)
    except re.error as error:
        yield place, f"is not a regular expression: {error}"
    if re.search(r"\(\?(?:[=!>]|<[=!])|\\[1-9]", pattern):
        yield place, "must not look ahead or behind, nor back to a group: such cannot be run over a whole file"


def _check_markers(markers: dict[str, Status], place: Location) -> Iterator[Fault]:
    for marker in markers:
        if marker != marker.strip():
            yield (*place, marker), "must be written without blanks around it; cells are compared without them"
