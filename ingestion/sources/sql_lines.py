"""Rows that the database writes out by itself, each as one text: much less work than a value for each cell.

Belongs here: how MariaDB, MySQL and SQLite are asked for a row as one JSON object, and reading these into exact types.
Does not belong here: values as the driver gives them (``sql_rows.py``), and PostgreSQL, which writes CSV.

What the text of the database would not be exact about comes beside it as the driver's value: SQLite keeps doubles for
decimals, and writes fifteen digits of one.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ingestion.sources.outcomes import FileFault
from ingestion.sources.sql_columns import UNREADABLE, Plan, PlannedColumn, not_of_its_type

if TYPE_CHECKING:
    import pyarrow as pa

OLDEST_SQLITE = (3, 38, 0)
"""The first that has JSON in any case."""

COLUMNS_IN_A_TEXT = 60
"""SQLite gives a function 127 arguments at most; a row of more columns is more than one text."""


def writes_lines(connection: sa.Connection) -> bool:
    """Whether the database can write a row as JSON."""
    name = connection.dialect.name
    return name in ("mysql", "mariadb") or (name == "sqlite" and sqlite3.sqlite_version_info >= OLDEST_SQLITE)


@dataclass(frozen=True)
class Lines:
    """How the rows of a plan come: some texts, each of some columns, and beside them the columns that are in none."""

    texts: tuple[dict[str, PlannedColumn], ...]
    beside: tuple[PlannedColumn, ...]

    @classmethod
    def of(cls, plan: Plan) -> Lines:
        """What is in a text is named by a number: its heading would be sent with each row."""
        named = [(str(number), column) for number, column in enumerate(plan.columns) if _is_exact_as_text(column)]
        starts = range(0, len(named), COLUMNS_IN_A_TEXT)
        texts = tuple(dict(named[start : start + COLUMNS_IN_A_TEXT]) for start in starts)
        return cls(texts, tuple(column for column in plan.columns if not _is_exact_as_text(column)))

    @property
    def written(self) -> list[PlannedColumn]:
        """The columns that are in a text."""
        return [column for text in self.texts for column in text.values()]

    def select(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """The same rows as texts, and what is beside them."""
        rows = query.subquery("rows_of_query")
        texts = [
            sa.func.json_object(
                *(part for name, column in text.items() for part in (_key(name), _said(rows.c[column.name], column))),
                type_=sa.Text,
            )
            for text in self.texts
        ]
        return sa.select(*texts, *(rows.c[column.name] for column in self.beside))

    def read(self, rows: Sequence[Any]) -> tuple[dict[str, pa.Array], dict[str, tuple[Any, ...]]]:
        """What is in the texts of some rows, as whole numbers and texts, and what is beside them, by column.

        Raises:
            FileFault: a cell is neither, or a row was too long for the database.
        """
        values = list(zip(*rows, strict=True))
        found: dict[str, pa.Array] = {}
        for lines, columns in zip(values, self.texts, strict=False):
            found |= _read_text(lines, columns)
        names = [column.name for column in self.beside]
        return found, dict(zip(names, values[len(self.texts) :], strict=True))


def _is_exact_as_text(column: PlannedColumn) -> bool:
    """Whether the database's text of a cell says exactly what the cell holds."""
    import pyarrow as pa

    kinds = (pa.types.is_string, pa.types.is_integer, pa.types.is_boolean, pa.types.is_temporal)
    return not column.is_of_sqlite or any(is_kind(column.type) for is_kind in kinds)


def _key(name: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{name}'")


def _read_text(lines: tuple[Any, ...], columns: dict[str, PlannedColumn]) -> dict[str, pa.Array]:
    import pyarrow as pa

    if None in lines:
        raise FileFault("a row is longer than the database may send: leave long texts out with columns")
    written = pa.py_buffer("\n".join(lines).encode())
    try:
        table = _parse(written, columns)
    except pa.ArrowInvalid:
        raise FileFault(_find_fault(written, columns)) from None
    return {column.name: table.column(name).combine_chunks() for name, column in columns.items()}


def _parse(written: pa.Buffer, columns: dict[str, PlannedColumn]) -> pa.Table:
    import pyarrow as pa
    from pyarrow import json

    schema = pa.schema([pa.field(name, _read_as(column)) for name, column in columns.items()])
    parsing = json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    return json.read_json(
        pa.BufferReader(written), json.ReadOptions(use_threads=False, block_size=written.size + 1), parsing
    )


def _find_fault(written: pa.Buffer, columns: dict[str, PlannedColumn]) -> str:
    """Which column is to blame: each is read by itself, as the library does not always say it."""
    import pyarrow as pa

    for name, column in columns.items():
        try:
            _parse(written, {name: column})
        except pa.ArrowInvalid:
            return not_of_its_type(column)
    return UNREADABLE


def _said(cell: sa.ColumnElement[Any], column: PlannedColumn) -> sa.ColumnElement[Any]:
    """A cell as it stands in the text; a column of JSON would not come as a text unless it is made one."""
    import pyarrow as pa

    return cell if column.is_of_sqlite or pa.types.is_integer(column.type) else sa.cast(cell, sa.Text)


def _read_as(column: PlannedColumn) -> pa.DataType:
    """Whole numbers, which are also what SQLite keeps of a truth value, or texts."""
    import pyarrow as pa

    is_number = pa.types.is_integer(column.type) or pa.types.is_boolean(column.type)
    return pa.int64() if is_number and not column.comes_as_text else pa.string()
