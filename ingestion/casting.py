"""From a table of text to typed columns, in DuckDB SQL composed from the mapping.

Belongs here: the SQL that reads each cell as its column's type or says why it cannot be read (rules D02 to D04
on rows, Q03, Q04), and that shapes what lands. Does not belong here: judging the file as a whole.

Tables, all temporary: ``source`` (text), ``typed`` (one row per source row), ``rejects``, ``repeats``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingestion.collaborative import Collaborative
from ingestion.contract import Column, Contract
from ingestion.home import ALL_DISTRICTS
from ingestion.mapping import FromColumn, FromDelivery, Mapping
from ingestion.readers import Sheet

if TYPE_CHECKING:
    import duckdb

_BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160)"


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

        A number column ``x`` becomes ``x`` (NULL unless it holds a number) and ``x_status``: ``reported``,
        ``suppressed``, ``not_reported`` or ``refused``.
        """
        parts = ["line", "cells", *self._district_parts()]
        for name in self.mapping.columns:
            parts += self._number_parts(name) if self.is_number(name) else [f"{self._text(name)} AS {quote(name)}"]
        connection.execute(f"CREATE TEMP TABLE typed AS SELECT {', '.join(parts)} FROM source")

    def create_rejects(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Table ``rejects(line, column_name, rule_id, reason)``: one row for each fault of a source row."""
        faults = [self._ragged(), *self._district_faults()]
        faults += [self._column_faults(name) for name in self.mapping.columns]
        connection.execute(
            "CREATE TEMP TABLE rejects(line INTEGER, column_name VARCHAR, rule_id VARCHAR, reason VARCHAR); "
            f"INSERT INTO rejects {' UNION ALL '.join(filter(None, faults))}"
        )

    def create_repeats(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Table ``repeats(line, first_line, is_conflict)``: rows that share their key, the first of equals left out."""
        key = ", ".join(map(quote, self.key_columns))
        known = " AND ".join(f"{quote(name)} IS NOT NULL" for name in self.key_columns)
        compared = [quote(name) for name in self.emitted_columns]
        compared += [quote(f"{name}_status") for name in self.emitted_columns if self.is_number(name)]
        connection.execute(
            f"""CREATE TEMP TABLE repeats AS
            WITH twins AS (SELECT {key} FROM typed WHERE cells = 0 AND {known} GROUP BY ALL HAVING count(*) > 1),
            compared AS (
                SELECT line, {key}, row({", ".join(compared)}) AS content
                FROM typed JOIN twins USING ({key}) WHERE cells = 0
            ),
            judged AS (
                SELECT line, min(line) OVER same AS first_line,
                    min(content) OVER same IS DISTINCT FROM max(content) OVER same AS is_conflict
                FROM compared WINDOW same AS (PARTITION BY {key})
            )
            SELECT line, first_line, is_conflict FROM judged WHERE is_conflict OR line <> first_line"""
        )
        reason = literal(
            "another row has the same key and different values; keep the right one and send the file again"
        )
        connection.execute(
            f"INSERT INTO rejects SELECT line, '', 'Q03', 'line ' || first_line || ': ' || {reason} "
            "FROM repeats WHERE is_conflict"
        )

    def landed_rows(self) -> str:
        """SQL of the rows to land, in the order of the source."""
        selects = [self._landed_select(number) for number in range(len(self.mapping.rows))]
        names = ", ".join(quote(name) for name in self.contract.arrow_schema().names)
        return (
            "WITH good AS (SELECT * FROM typed ANTI JOIN rejects USING (line) "
            "ANTI JOIN (SELECT line FROM repeats) USING (line)) "
            f"SELECT {names} FROM ({' UNION ALL '.join(selects)}) ORDER BY source_line, row_number"
        )

    @property
    def key_columns(self) -> list[str]:
        """Columns of ``typed`` that tell source rows apart."""
        sources = (self.mapping.source(0, name) for name in self.contract.key)
        columns = [source.column for source in sources if isinstance(source, FromColumn)]
        return ["_district_id", *columns] if self.mapping.districts else columns

    @property
    def emitted_columns(self) -> list[str]:
        """Source columns that land somewhere."""
        sources = [source for row in self.mapping.rows for source in {**self.mapping.every, **row}.values()]
        return sorted({source.column for source in sources if isinstance(source, FromColumn)})

    def is_number(self, name: str) -> bool:
        """Whether a source column holds numbers."""
        return self.mapping.columns[name].type == "number"

    def _targets(self, name: str) -> list[Column]:
        """Contract columns that a source column lands in."""
        found = []
        for row in self.mapping.rows:
            for target, source in {**self.mapping.every, **row}.items():
                if isinstance(source, FromColumn) and source.column == name:
                    found.append(self.contract.column(target))
        return [column for column in found if column is not None]

    def _cell(self, name: str) -> str:
        position = self.sheet.headings.index(self.mapping.columns[name].heading)
        return f"trim(c{position}, {_BLANKS})"

    def _district_parts(self) -> list[str]:
        districts = self.mapping.districts
        if districts is None:
            return [f"{literal(self.sender)} AS _district_id", "false AS _is_total"]
        cell = self._cell(districts.column)
        is_total = f"{cell} IN ({literals(districts.totals)})" if districts.totals else "false"
        is_code = f"regexp_full_match({cell}, '[0-9]{{{districts.width}}}')"
        return [
            f"CASE WHEN {is_total} THEN {literal(ALL_DISTRICTS)} "
            f"WHEN {is_code} THEN {cell} || {literal(districts.suffix)} END AS _district_id",
            f"{is_total} AS _is_total",
        ]

    def _text(self, name: str) -> str:
        codes = self.mapping.columns[name].codes
        if not codes:
            return f"nullif({self._cell(name)}, '')"
        whens = " ".join(f"WHEN {literal(text)} THEN {literal(code)}" for text, code in codes.items())
        return f"CASE {self._cell(name)} {whens} END"

    def _number_parts(self, name: str) -> list[str]:
        column, cell = self.mapping.columns[name], self._cell(name)
        whole, scale = self._digits(name)
        plain = f"translate({cell}, {literal(column.symbols + column.thousands)}, '')"
        pattern = number_pattern(column.symbols, column.thousands, scale)
        is_number = f"cells = 0 AND regexp_full_match({cell}, {literal(pattern)})"
        number = f"CASE WHEN {is_number} THEN TRY_CAST({plain} AS DECIMAL({whole + scale}, {scale})) END"
        marked = " ".join(
            f"WHEN {cell} = {literal(text)} THEN {literal(status)}" for text, status in self.mapping.markers.items()
        )
        status = f"CASE WHEN cells <> 0 THEN 'refused' {marked} WHEN {quote(name)} IS NULL THEN 'refused' ELSE 'reported' END"
        empty = f"{cell} = '' AS {quote(name + '_is_empty')}"
        return [f"{number} AS {quote(name)}", f"{status} AS {quote(name + '_status')}", empty]

    def _digits(self, name: str) -> tuple[int, int]:
        """Whole digits and decimals that every column it lands in can hold."""
        sizes = [column.digits for column in self._targets(name)]
        whole, scale = zip(*(sizes or [(28, 10)]), strict=True)
        return min(whole), min(scale)

    def _ragged(self) -> str:
        reason = literal(f"cells where the headings are {len(self.sheet.headings)}; a separator is missing or too many")
        return f"SELECT line, '', 'D02', 'the row has ' || cells || ' ' || {reason} FROM typed WHERE cells <> 0"

    def _district_faults(self) -> list[str]:
        districts = self.mapping.districts
        if districts is None:
            return []
        heading = literal(self.mapping.columns[districts.column].heading)
        lost = literal(
            f"the code is not {districts.width} digits: leading zeros were probably lost when the file was opened and "
            "saved by a spreadsheet program; export it again, or format the column as text"
        )
        members = literals([district.district_id for district in self.collaborative.roster(self.school_year)])
        code = quote(districts.column)
        unknown = literal(
            f"is not a district of the roster in the school year {self.school_year}; "
            "correct the code, or add the district to districts.csv with its years"
        )
        return [
            f"SELECT line, {heading}, 'Q03', {lost} FROM typed WHERE cells = 0 AND _district_id IS NULL",
            f"SELECT line, {heading}, 'Q04', 'the code ' || {code} || ' ' || {unknown} FROM typed "
            f"WHERE cells = 0 AND _district_id IS NOT NULL AND NOT _is_total AND NOT coalesce(_district_id IN ({members}), false)",
        ]

    def _column_faults(self, name: str) -> str:
        column, heading = self.mapping.columns[name], literal(self.mapping.columns[name].heading)
        is_required = any(target.required for target in self._targets(name))
        if column.type == "number":
            refused = "<> 'reported'" if is_required else "= 'refused'"
            reason = f"CASE WHEN {quote(name + '_is_empty')} THEN {literal(_EMPTY)} ELSE {literal(self._not_a_number(name))} END"
            return (
                f"SELECT line, {heading}, 'D03', {reason} FROM typed "
                f"WHERE cells = 0 AND {quote(name + '_status')} {refused}"
            )
        if column.codes:
            reason = literal("the text is not one that the mapping knows; correct it, or add it to the mapping's codes")
            return f"SELECT line, {heading}, 'Q04', {reason} FROM typed WHERE cells = 0 AND {quote(name)} IS NULL"
        if is_required:
            return (
                f"SELECT line, {heading}, 'Q03', {literal(_EMPTY)} FROM typed WHERE cells = 0 AND {quote(name)} IS NULL"
            )
        return ""

    def _not_a_number(self, name: str) -> str:
        markers = ", ".join(f"'{marker}'" for marker in self.mapping.markers if marker)
        declared = f" and not a declared marker ({markers})" if markers else ""
        scale = self._digits(name)[1]
        return (
            f"the cell is not a number with at most {scale} decimals{declared}; write the number, or leave the row out"
        )

    def _landed_select(self, number: int) -> str:
        parts = ["_district_id AS district_id", f"{self.school_year}::INTEGER AS school_year"]
        parts += [f"{self._landed(number, column)} AS {quote(column.name)}" for column in self.contract.columns]
        return f"SELECT {', '.join(parts)}, line AS source_line, {number} AS row_number FROM good"

    def _landed(self, number: int, column: Column) -> str:
        source = self.mapping.source(number, column.name)
        if source is None:
            return self._given(number, column)
        if isinstance(source, FromColumn):
            return f"CAST({quote(source.column)} AS {column.sql_type})"
        value = str(self.school_year) if isinstance(source, FromDelivery) else literal(source)
        return f"CAST({value} AS {column.sql_type})"

    def _given(self, number: int, column: Column) -> str:
        if column.name == "entity_type":
            return "CASE WHEN _is_total THEN 'state' ELSE 'district' END"
        if column.name == "entity_id":
            return f"CASE WHEN _is_total THEN {literal(self.collaborative.state)} ELSE _district_id END"
        value = self.mapping.source(number, "value")
        if column.name == "value_status":
            return quote(f"{value.column}_status") if isinstance(value, FromColumn) else "'reported'"
        return f"CAST(NULL AS {column.sql_type})"


_EMPTY = "the cell is empty; fill it in, or leave the row out"


def number_pattern(symbols: str, thousands: str, scale: int) -> str:
    """Regular expression of a number as it may be written: no exponent, no brackets, no stray blanks."""
    symbol = f"[{re.escape(symbols)}]?" if symbols else ""
    whole = f"(?:[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+|[0-9]+)" if thousands else "[0-9]+"
    if scale == 0:
        return f"-?{symbol}{whole}(?:\\.0*)?"
    return f"-?{symbol}(?:{whole}(?:\\.[0-9]{{0,{scale}}}0*)?|\\.[0-9]{{1,{scale}}}0*)"


def quote(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: list[str] | tuple[str, ...]) -> str:
    """A list of texts for SQL's IN; an empty list matches nothing."""
    return ", ".join(map(literal, texts)) or "NULL::VARCHAR"
