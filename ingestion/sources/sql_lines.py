"""Rows that the database writes out by itself, each as one text: much less work than a value for each cell.

Belongs here: how MariaDB and MySQL are asked for a row as one JSON object, and reading these into exact types. Does not
belong here: values as the driver gives them (``sql_rows.py``), PostgreSQL, which writes CSV, and SQLite
(``sqlite_rows.py``), whose text of a double would not be exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ingestion.sources.outcomes import FileFault
from ingestion.sources.sql_columns import UNREADABLE, Plan, PlannedColumn, not_of_its_type

if TYPE_CHECKING:
    import pyarrow as pa


def writes_lines(connection: sa.Connection) -> bool:
    """Whether the database can write a row as JSON."""
    return connection.dialect.name in ("mysql", "mariadb")


@dataclass(frozen=True)
class Lines:
    """The columns of a plan, by what they are called in the texts: a heading would be sent with each row."""

    columns: dict[str, PlannedColumn]

    @classmethod
    def of(cls, plan: Plan) -> Lines:
        """All columns of a plan."""
        return cls({str(number): column for number, column in enumerate(plan.columns)})

    def select(self, query: sa.Select[Any]) -> sa.Select[Any]:
        """The same rows as texts."""
        rows = query.subquery("rows_of_query")
        cells = ((_key(name), _said(rows.c[column.name], column)) for name, column in self.columns.items())
        return sa.select(sa.func.json_object(*(part for cell in cells for part in cell), type_=sa.Text))

    def read(self, rows: Sequence[Any]) -> list[pa.Array]:
        """What is in the texts of some rows, as whole numbers and texts, column by column.

        Raises:
            FileFault: a cell is neither, or a row was too long for the database.
        """
        import pyarrow as pa

        lines = [line for (line,) in rows]
        if None in lines:
            raise FileFault("a row is longer than the database may send: leave long texts out with columns")
        written = pa.py_buffer("\n".join(lines).encode())
        try:
            table = _parse(written, self.columns)
        except pa.ArrowInvalid:
            raise FileFault(_find_fault(written, self.columns)) from None
        return [table.column(name).combine_chunks() for name in self.columns]


def _key(name: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{name}'")


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

    return cell if pa.types.is_integer(column.type) else sa.cast(cell, sa.Text)


def _read_as(column: PlannedColumn) -> pa.DataType:
    """Whole numbers or texts."""
    import pyarrow as pa

    return pa.int64() if pa.types.is_integer(column.type) and not column.comes_as_text else pa.string()
