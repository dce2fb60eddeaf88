"""From a table of text to typed columns, in DuckDB SQL composed from the mapping.

Belongs here: the SQL that reads each cell as its column's type, and the SQL that shapes what lands. Does not belong
here: refusing rows (``row_rules.py``), judging the file as a whole (``control_totals.py``).

Temporary tables: ``source`` (text) and ``typed`` (one row per source row); ``row_rules.py`` adds ``rejects``
and ``repeats``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ingestion import cell_forms, sums
from ingestion.collaborative import Collaborative
from ingestion.contract import Column, Contract, Pseudonym
from ingestion.home import ALL_DISTRICTS
from ingestion.mapping import FromColumn, FromDelivery, Mapping
from ingestion.mapping_parts import Quotient, RowChoice
from ingestion.school_years import year_of_cell
from ingestion.sheet import Sheet
from ingestion.sql_text import literal, literals, quote

WIDEST_NUMBER = (28, 10)
"""Digits before and after the point of a number that is read but lands nowhere."""


@dataclass(frozen=True)
class Casting:
    """Everything that the SQL for one file is composed from.

    Attributes:
        mapping: the mapping.
        contract: the contract that it fills.
        collaborative: roster and calendar.
        sheet: the file's cells.
        school_year: the year that all rows are of; None where they are of many.
        sender: who sent it.
    """

    mapping: Mapping
    contract: Contract
    collaborative: Collaborative
    sheet: Sheet
    school_year: int | None
    sender: str

    @cached_property
    def years(self) -> tuple[int, ...]:
        """School years that rows may be of, in their order."""
        if self.school_year is not None:
            return (self.school_year,)
        known = sorted({period.school_year for period in self.collaborative.periods})
        return self.mapping.row_years or tuple(filter(self.mapping.covers, known))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Columns of ``source`` that are read, each once."""
        named = (name for name, column in self.mapping.columns.items() if column.has_cells)
        return tuple(dict.fromkeys(map(self._place, named)))

    def sole_place(self, name: str) -> str | None:
        """The one column of ``source`` that a column is made of; None when it is made of several."""
        return self._place(name) if self.mapping.columns[name].has_cells else None

    def column_parts(self, name: str) -> list[str]:
        """SQL of the columns of ``typed`` that are made of one column of the mapping.

        A column ``x`` becomes ``x``, NULL unless it can be read as what it is, and ``x_is_empty``, unless it is free
        text; a number column also ``x_status`` (``reported``, ``suppressed``, ``not_reported`` or ``refused``), here or
        in :meth:`derived_parts`.
        A sum is made of such columns, in :meth:`derived_parts` alone.
        """
        return [] if self.mapping.columns[name].add else self._parts(name)

    def row_parts(self) -> list[str]:
        """SQL of the columns of ``typed`` that say whose a row is, where that differs from row to row.

        They are ``_district_id``, ``_entity_id`` and ``_is_total``, and in a file whose rows say their year
        ``_school_year``, which is NULL unless it is one of :attr:`years`.
        """
        return [*(self._district_parts() if self.mapping.districts else []), *self._year_parts()]

    @property
    def leaves_rows_out(self) -> bool:
        """Whether the mapping is not about every row."""
        return bool(self.mapping.only_rows or self.mapping.skip_rows)

    def chosen_rows(self) -> str:
        """SQL that leaves out the rows that the mapping is not about; a row that has not all its cells stays."""
        chosen = [f"coalesce({self._is(name, rows)}, false)" for name, rows in self.mapping.only_rows.items()]
        chosen += [f"NOT coalesce({self._is(name, rows)}, false)" for name, rows in self.mapping.skip_rows.items()]
        return f" WHERE cells <> 0 OR ({' AND '.join(chosen)})" if chosen else ""

    def derived_parts(self) -> list[str]:
        """SQL of what follows from the other columns of ``typed``, or is the same in every row."""
        parts = [] if self.mapping.districts else self._district_parts()
        for name, column in self.mapping.columns.items():
            if column.add:
                parts += self._sum_parts(name)
            elif self.is_number(name) and not self._markers(name):
                parts.append(f"{self._plain_status(name)} AS {quote(name + '_status')}")
        return parts

    def _plain_status(self, name: str) -> str:
        """SQL of whether a number without markers is there."""
        return f"CASE WHEN {quote(name)} IS NULL THEN 'refused' ELSE 'reported' END"

    def _sum_parts(self, name: str) -> list[str]:
        """The columns of ``typed`` that are made of a sum; the row is refused where they are more than fits."""
        column, statuses = self.mapping.columns[name], {}
        for part in column.merged:
            statuses[part] = quote(f"{part}_status") if self._markers(part) else self._plain_status(part)
        return [*sums.sum_of_columns(name, column, statuses), f"false AS {quote(name + '_is_empty')}"]

    def landed_rows(self) -> str:
        """SQL of the rows to land, with ``_row_number``: the how manieth of its source line each is."""
        selects = [self._landed_select(number) for number in range(len(self.mapping.rows))]
        return " UNION ALL ".join(selects)

    @property
    def same_in_every_row(self) -> set[str]:
        """Columns of landed rows by which they need not be sorted: all are of one district, or of one year too."""
        years = {self._year(number) for number in range(len(self.mapping.rows))}
        return {
            *(["district_id"] if self.mapping.districts is None else []),
            *(["school_year"] if self.mapping.year_column is None and len(years) == 1 else []),
        }

    @property
    def key_columns(self) -> list[str]:
        """Columns of ``typed`` that tell source rows apart."""
        sources = (self.mapping.source(0, name) for name in self.contract.key)
        columns = [source.column for source in sources if isinstance(source, FromColumn)]
        own = ["_entity_id"] if self.mapping.districts else []
        return [*own, *(["_school_year"] if self.mapping.year_column else []), *columns]

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

    def _place(self, name: str) -> str:
        column = self.mapping.columns[name]
        places = [place for place, heading in enumerate(self.sheet.headings) if heading == column.heading]
        return f"c{places[column.occurrence - 1]}"

    def _cell(self, name: str) -> str:
        """SQL of the text that a column reads: a cell, a part of one, or several put together."""
        column = self.mapping.columns[name]
        if column.merge is not None:
            cell = cell_forms.merged_cell(column.merge, {part: self._cell(part) for part in column.merged})
        else:
            cell = self._place(name)
        return cell_forms.part_of_cell(cell, column)

    def _is(self, name: str, rows: RowChoice) -> str:
        cell = self._cell(name)
        if rows.matching is not None:
            return f"regexp_full_match({cell}, {literal(rows.matching)})"
        return f"{cell} IN ({literals(rows.texts)})"

    def _year_parts(self) -> list[str]:
        name = self.mapping.year_column
        if name is None:
            return []
        codes = self.mapping.columns[name].codes
        cell = cell_forms.code(self._cell(name), codes) if codes else self._cell(name)
        return [f"{year_of_cell(cell, self.years)} AS _school_year"]

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
        is_empty = f"coalesce({cell} = '', false) AS {quote(name + '_is_empty')}"
        if column.type == "number":
            return self._number_parts(name)
        if column.type == "date":
            is_ambiguous = f"{cell_forms.is_ambiguous(cell, column)} AS {quote(name + '_is_ambiguous')}"
            return [f"{cell_forms.date(cell, column)} AS {quote(name)}", is_empty, is_ambiguous]
        if column.type == "timestamp":
            return [f"{cell_forms.timestamp(cell, column.date_format)} AS {quote(name)}", is_empty]
        if column.type == "boolean":
            return [f"{cell_forms.boolean(cell, column.codes)} AS {quote(name)}", is_empty]
        if column.pattern is not None:
            fits = f"regexp_full_match({cell}, {literal(column.pattern)})"
            return [f"CASE WHEN {fits} THEN nullif({cell}, '') END AS {quote(name)}", is_empty]
        codes = self.codes(name)
        if codes:
            return [f"{cell_forms.code(cell, codes)} AS {quote(name)}", is_empty]
        return [f"nullif({cell}, '') AS {quote(name)}", *([is_empty] if column.extract else [])]

    def _number_parts(self, name: str) -> list[str]:
        column, cell = self.mapping.columns[name], self._text_of_number(name)
        number = cell_forms.number(cell, column, *self.digits(name))
        if column.scale == 100:
            number = f"({number}) * CAST(0.01 AS DECIMAL(3, 2))"
        like_numbers = [text for text in self._markers(name) if any(map(str.isdigit, text))]
        if like_numbers:
            number = f"CASE WHEN {cell} NOT IN ({literals(like_numbers)}) THEN {number} END"
        markers = [
            f"WHEN {cell} = {literal(text)} THEN {literal(status)}" for text, status in self._markers(name).items()
        ]
        status = (
            f"CASE WHEN cells <> 0 THEN 'refused' {' '.join(markers)} "
            f"WHEN {quote(name)} IS NULL THEN 'refused' ELSE 'reported' END AS {quote(name + '_status')}"
        )
        is_empty = f"coalesce({cell} = '', false) AS {quote(name + '_is_empty')}"
        return [f"{number} AS {quote(name)}", *([status] if markers else []), is_empty]

    def _markers(self, name: str) -> dict[str, str]:
        return {**self.mapping.markers, **self.mapping.columns[name].markers}

    def _text_of_number(self, name: str) -> str:
        """The cell of a number column, with texts that stand for a number replaced by it."""
        cell, codes = self._cell(name), self.mapping.columns[name].codes
        whens = " ".join(f"WHEN {literal(text)} THEN {literal(number)}" for text, number in codes.items())
        return f"(CASE {cell} {whens} ELSE {cell} END)" if codes else cell

    def _landed_select(self, number: int) -> str:
        parts = ["_district_id AS district_id", f"{self._year(number)}::INTEGER AS school_year"]
        parts += [f"{self._landed(number, column)} AS {quote(column.name)}" for column in self.contract.columns]
        joins = "".join(
            f" LEFT JOIN {quote(surrogates_of(name))} ON {quote(surrogates_of(name))}.district_id = good._district_id "
            f"AND {quote(surrogates_of(name))}.id = good.{quote(name)}"
            for name in self.pseudonyms
        )
        return f"SELECT {', '.join(parts)}, line AS source_line, {number} AS _row_number FROM good{joins}"

    def _year(self, number: int) -> str:
        """SQL of the school year of the landed row with that number."""
        said = self.mapping.source(number, "school_year")
        if isinstance(said, str):
            return said
        return "_school_year" if self.mapping.year_column else str(self.school_year)

    def _landed(self, number: int, column: Column) -> str:
        source = self.mapping.source(number, column.name)
        if source is None:
            return self._given(number, column)
        if isinstance(source, Quotient):
            return f"TRY_CAST({_quotient(source)} AS {column.sql_type})"
        if isinstance(source, FromColumn) and column.pseudonym:
            return f"{quote(surrogates_of(source.column))}.surrogate"
        if isinstance(source, FromColumn):
            text = f" || {literal(source.suffix)}" if source.suffix else ""
            value = f"CAST({quote(source.column)}{text} AS {column.sql_type})"
            return self._with_its_figure(number, column, value)
        value = self._year(number) if isinstance(source, FromDelivery) else literal(source)
        return f"CAST({value} AS {column.sql_type})"

    def _with_its_figure(self, number: int, column: Column, sql: str) -> str:
        """What is divided lands with its quotient, or where it is divided by nobody: else no numerator stands alone."""
        value = self.mapping.source(number, "value")
        if column.name != "numerator" or not isinstance(value, Quotient):
            return sql
        status = _status_of_quotient(value, self.contract.column("value"))
        return f"CASE WHEN ({status}) = 'reported' OR {quote(value.by)} = 0 THEN {sql} END"

    def _given(self, number: int, column: Column) -> str:
        """A column that no mapping fills: what kind of row it is, whether it holds a figure, or nothing."""
        if column.name == "entity_type":
            entity = self.mapping.districts.entity if self.mapping.districts else "district"
            return f"CASE WHEN _is_total THEN 'state' ELSE {literal(entity)} END"
        if column.name == "entity_id":
            return "_entity_id"
        if column.name == "value_status":
            value = self.mapping.source(number, "value")
            if isinstance(value, Quotient):
                return _status_of_quotient(value, self.contract.column("value"))
            return quote(f"{value.column}_status") if isinstance(value, FromColumn) else "'reported'"
        return f"CAST(NULL AS {column.sql_type})"


def surrogates_of(name: str) -> str:
    """The table of surrogates that stand for the ids of a source column."""
    return f"surrogates_of_{name}"


def _quotient(source: Quotient) -> str:
    return f"(CASE WHEN {quote(source.by)} <> 0 THEN {quote(source.divide)} / {quote(source.by)} END)"


def _status_of_quotient(source: Quotient, value: Column | None) -> str:
    """It is hidden where a part of it is, and not there where a part is not or nothing can be divided by it."""
    sql_type = value.sql_type if value else "DOUBLE"
    hidden = f"'suppressed' IN ({quote(source.divide + '_status')}, {quote(source.by + '_status')})"
    is_there = f"TRY_CAST({_quotient(source)} AS {sql_type}) IS NOT NULL"
    return f"CASE WHEN {is_there} THEN 'reported' WHEN {hidden} THEN 'suppressed' ELSE 'not_reported' END"
