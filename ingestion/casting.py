"""From a table of text to typed columns, in DuckDB SQL composed from the mapping.

Belongs here: the SQL that reads each cell as its column's type, and the SQL that shapes what lands. Does not belong
here: refusing rows (``row_rules.py``), judging the file as a whole (``control_totals.py``).

Temporary tables: ``source`` (text) and ``typed`` (one row per source row); ``row_rules.py`` adds ``rejects``
and ``repeats``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ingestion.collaborative import Collaborative
from ingestion.contract import Column, Contract, Pseudonym
from ingestion.home import ALL_DISTRICTS
from ingestion.mapping import FromColumn, FromDelivery, Mapping
from ingestion.mapping_parts import ISO_DATE
from ingestion.sheet import Sheet
from ingestion.sql_text import BLANKS, NARROW, exact_number, literal, literals, number_pattern, quote, trimmed

if TYPE_CHECKING:
    import duckdb

WIDEST_NUMBER = (28, 10)
"""Digits before and after the point of a number that is read but lands nowhere."""


@dataclass(frozen=True)
class Casting:
    """Everything that the SQL for one file is composed from."""

    mapping: Mapping
    contract: Contract
    collaborative: Collaborative
    sheet: Sheet
    school_year: int
    sender: str

    def create_typed(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Read every cell: table ``typed``, one row per source row.

        A column ``x`` becomes ``x``, NULL unless it can be read as what it is, and ``x_is_empty``, unless it is free
        text; a number column also ``x_status`` (``reported``, ``suppressed``, ``not_reported`` or ``refused``). Each
        row gets ``_district_id``, ``_entity_id`` and ``_is_total``.
        """
        parts = ["line", "cells", *self._district_parts()]
        for name in self.mapping.columns:
            parts += self._parts(name)
        places = dict.fromkeys(map(self._cell, self.mapping.columns))
        cells = [place if place in self._trimmed else f"{trimmed(place)} AS {place}" for place in places]
        connection.execute(
            f"CREATE TEMP TABLE typed AS SELECT {', '.join(parts)} "
            f"FROM (SELECT line, cells, {', '.join(cells)} FROM source)"
        )

    def landed_rows(self) -> str:
        """SQL of the rows to land; of those without pupils, in the order of the source."""
        selects = [self._landed_select(number) for number in range(len(self.mapping.rows))]
        names = ", ".join(quote(name) for name in self.contract.arrow_schema().names)
        in_order = "" if self.contract.holds_people else " ORDER BY source_line, _row_number"
        return f"SELECT {names} FROM ({' UNION ALL '.join(selects)}){in_order}"

    @property
    def key_columns(self) -> list[str]:
        """Columns of ``typed`` that tell source rows apart."""
        sources = (self.mapping.source(0, name) for name in self.contract.key)
        columns = [source.column for source in sources if isinstance(source, FromColumn)]
        return ["_entity_id", *columns] if self.mapping.districts else columns

    def is_number(self, name: str) -> bool:
        """Whether a source column holds numbers."""
        return self.mapping.columns[name].type == "number"

    def codes(self, name: str) -> dict[str, str]:
        """What each text of a closed list means; where only the contract closes it, a text means itself."""
        allowed = {text: text for target in self.targets(name) for text in target.allowed}
        return self.mapping.columns[name].codes or allowed

    @cached_property
    def pseudonyms(self) -> dict[str, Pseudonym]:
        """Source columns that hold ids of pupils, and which kind."""
        return {
            name: target.pseudonym
            for name in self.mapping.columns
            for target in self.targets(name)
            if target.pseudonym is not None
        }

    def targets(self, name: str) -> list[Column]:
        """Contract columns that a source column lands in."""
        return self._targets.get(name, [])

    def digits(self, name: str) -> tuple[int, int]:
        """Digits before and after the point that every column it lands in can hold."""
        whole, scale = zip(*([column.digits for column in self.targets(name)] or [WIDEST_NUMBER]), strict=True)
        lost = 2 if self.mapping.columns[name].scale == 100 else 0
        return min(whole) - lost, min(scale) - lost

    @cached_property
    def _targets(self) -> dict[str, list[Column]]:
        found: dict[str, list[Column]] = {}
        for row in self.mapping.rows:
            for target, source in {**self.mapping.every, **row}.items():
                column = self.contract.column(target)
                if isinstance(source, FromColumn) and column is not None:
                    found.setdefault(source.column, []).append(column)
        return found

    @cached_property
    def _trimmed(self) -> set[str]:
        """Places of the columns in which no cell has blanks around it; to see that is much cheaper than to trim."""
        import pyarrow.compute as pc

        table = self.sheet.table
        different = {place: table.column(place).unique() for place in map(self._cell, self.mapping.columns)}
        return {
            place
            for place, texts in different.items()
            if pc.all(pc.equal(pc.utf8_trim(texts, characters=BLANKS), texts)).as_py() is not False  # pyright: ignore[reportAttributeAccessIssue]
        }

    def _cell(self, name: str) -> str:
        column = self.mapping.columns[name]
        places = [place for place, heading in enumerate(self.sheet.headings) if heading == column.heading]
        return f"c{places[column.occurrence - 1]}"

    def _district_parts(self) -> list[str]:
        districts = self.mapping.districts
        if districts is None:
            sender = literal(self.sender)
            return [f"{sender} AS _district_id", f"{sender} AS _entity_id", "false AS _is_total"]
        cell = self._cell(districts.column)
        is_total = f"coalesce({cell} IN ({literals(districts.totals)}), false)"
        is_code = f"regexp_full_match({cell}, '[0-9]{{{districts.width}}}')"
        own = cell if districts.district_digits is None else f"left({cell}, {districts.district_digits})"
        district = f"{own} || {literal(districts.suffix)}"
        entity = cell if districts.entity == "school" else district
        state = literal(self.collaborative.state)
        return [
            f"CASE WHEN {is_total} THEN {literal(ALL_DISTRICTS)} WHEN {is_code} THEN {district} END AS _district_id",
            f"CASE WHEN {is_total} THEN {state} WHEN {is_code} THEN {entity} END AS _entity_id",
            f"{is_total} AS _is_total",
        ]

    def _parts(self, name: str) -> list[str]:
        """The columns of ``typed`` that are made of one column of the source."""
        column, cell = self.mapping.columns[name], self._cell(name)
        is_empty = f"{cell} = '' AS {quote(name + '_is_empty')}"
        if column.type == "number":
            return self._number_parts(name)
        if column.type == "date":
            return [f"{_date(cell, column.date_format)} AS {quote(name)}", is_empty]
        if column.type == "timestamp":
            return [f"{_timestamp(cell, column.date_format)} AS {quote(name)}", is_empty]
        if column.type == "boolean":
            return [f"{_boolean(cell, column.codes)} AS {quote(name)}", is_empty]
        if column.pattern is not None:
            fits = f"regexp_full_match({cell}, {literal(column.pattern)})"
            return [f"CASE WHEN {fits} THEN nullif({cell}, '') END AS {quote(name)}", is_empty]
        codes = self.codes(name)
        return (
            [f"{_code(cell, codes)} AS {quote(name)}", is_empty] if codes else [f"nullif({cell}, '') AS {quote(name)}"]
        )

    def _number_parts(self, name: str) -> list[str]:
        column, cell = self.mapping.columns[name], self._text_of_number(name)
        whole, scale = self.digits(name)
        pattern = literal(number_pattern(column.symbols, column.thousands, scale))
        sql_type = f"DECIMAL({whole + scale}, {scale})"
        digits_only = f"translate({cell}, {literal(column.symbols + column.thousands)}, '')"
        number = (
            f"CASE WHEN cells <> 0 THEN NULL {_when_plain(cell, sql_type) if whole + scale <= NARROW else ''} "
            f"WHEN regexp_full_match({cell}, {pattern}) THEN {exact_number(digits_only, whole, scale)} END"
        )
        if column.scale == 100:
            number = f"({number}) * CAST(0.01 AS DECIMAL(3, 2))"
        markers = [
            f"WHEN {cell} = {literal(text)} THEN {literal(status)}"
            for text, status in {**self.mapping.markers, **column.markers}.items()
        ]
        return [
            f"{number} AS {quote(name)}",
            f"CASE WHEN cells <> 0 THEN 'refused' {' '.join(markers)} "
            f"WHEN {quote(name)} IS NULL THEN 'refused' ELSE 'reported' END AS {quote(name + '_status')}",
            f"{cell} = '' AS {quote(name + '_is_empty')}",
        ]

    def _text_of_number(self, name: str) -> str:
        """The cell of a number column, with texts that stand for a number replaced by it."""
        cell, codes = self._cell(name), self.mapping.columns[name].codes
        whens = " ".join(f"WHEN {literal(text)} THEN {literal(number)}" for text, number in codes.items())
        return f"(CASE {cell} {whens} ELSE {cell} END)" if codes else cell

    def _landed_select(self, number: int) -> str:
        parts = ["_district_id AS district_id", f"{self.school_year}::INTEGER AS school_year"]
        parts += [f"{self._landed(number, column)} AS {quote(column.name)}" for column in self.contract.columns]
        joins = "".join(
            f" LEFT JOIN {quote(surrogates_of(name))} ON {quote(surrogates_of(name))}.district_id = good._district_id "
            f"AND {quote(surrogates_of(name))}.id = good.{quote(name)}"
            for name in self.pseudonyms
        )
        return f"SELECT {', '.join(parts)}, line AS source_line, {number} AS _row_number FROM good{joins}"

    def _landed(self, number: int, column: Column) -> str:
        source = self.mapping.source(number, column.name)
        if source is None:
            return self._given(number, column)
        if isinstance(source, FromColumn) and column.pseudonym:
            return f"{quote(surrogates_of(source.column))}.surrogate"
        if isinstance(source, FromColumn):
            text = f" || {literal(source.suffix)}" if source.suffix else ""
            return f"CAST({quote(source.column)}{text} AS {column.sql_type})"
        value = str(self.school_year) if isinstance(source, FromDelivery) else literal(source)
        return f"CAST({value} AS {column.sql_type})"

    def _given(self, number: int, column: Column) -> str:
        """A column that no mapping fills: what kind of row it is, whether it holds a figure, or nothing."""
        if column.name == "entity_type":
            entity = self.mapping.districts.entity if self.mapping.districts else "district"
            return f"CASE WHEN _is_total THEN 'state' ELSE {literal(entity)} END"
        if column.name == "entity_id":
            return "_entity_id"
        if column.name == "value_status":
            value = self.mapping.source(number, "value")
            return quote(f"{value.column}_status") if isinstance(value, FromColumn) else "'reported'"
        return f"CAST(NULL AS {column.sql_type})"


def surrogates_of(name: str) -> str:
    """The table of surrogates that stand for the ids of a source column."""
    return f"surrogates_of_{name}"


def _code(cell: str, codes: dict[str, str]) -> str:
    if all(text == code for text, code in codes.items()):
        return f"CASE WHEN {cell} IN ({literals(codes)}) THEN {cell} END"
    whens = " ".join(f"WHEN {literal(text)} THEN {literal(code)}" for text, code in codes.items())
    return f"CASE {cell} {whens} END"


def _boolean(cell: str, codes: dict[str, str]) -> str:
    if not codes:
        return f"CASE lower({cell}) WHEN 'true' THEN true WHEN 'false' THEN false END"
    whens = " ".join(f"WHEN {literal(text)} THEN {code}" for text, code in codes.items())
    return f"CASE {cell} {whens} END"


def _date(cell: str, date_format: str) -> str:
    """A date; a workbook's cell of date and time counts as a date at midnight."""
    if date_format != ISO_DATE:
        return f"CAST(TRY_STRPTIME({cell}, {literal(date_format)}) AS DATE)"
    day, midnight = f"TRY_CAST({cell} AS DATE)", f"CAST(TRY_CAST({cell} AS DATE) AS VARCHAR) || 'T00:00:00'"
    is_day = f"strlen({cell}) = 10 AND CAST({day} AS VARCHAR) = {cell}"
    return f"CASE WHEN {is_day} THEN {day} WHEN strlen({cell}) = 19 AND {midnight} = {cell} THEN {day} END"


def _timestamp(cell: str, date_format: str) -> str:
    """A day and a time of it, with or without seconds; a zone is not read: times are the district's own."""
    if date_format != ISO_DATE:
        return f"TRY_STRPTIME({cell}, {literal(date_format)})"
    pattern = literal("[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?")
    return f"CASE WHEN regexp_full_match({cell}, {pattern}) THEN TRY_CAST({cell} AS TIMESTAMP) END"


def _when_plain(cell: str, sql_type: str) -> str:
    """The usual form of a number, which is told by its being written the same again; cheaper than a pattern."""
    return f"WHEN CAST(TRY_CAST({cell} AS {sql_type}) AS VARCHAR) = {cell} THEN TRY_CAST({cell} AS {sql_type})"
