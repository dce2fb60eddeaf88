"""Reading rows as batches of exact types, few at a time.

Belongs here: the driver's way, which every database has, and PostgreSQL's fast one (``COPY``). Does not belong here:
which rows (``sql_columns.py``), rows that a database writes out as JSON (``sql_lines.py``), or the file that they
become (``rows_file.py``).
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ingestion.sources.outcomes import FileFault
from ingestion.sources.sql_columns import UNREADABLE, Plan, PlannedColumn, not_of_its_type
from ingestion.sources.sql_lines import Lines, writes_lines

if TYPE_CHECKING:
    import pyarrow as pa

BLOCK_BYTES = 4 << 20


def read_rows(
    connection: sa.Connection, plan: Plan, query: sa.Select[Any], rows_at_once: int
) -> Iterator[pa.RecordBatch]:
    """The rows of a query, batch by batch.

    Raises:
        FileFault: a value is not of its column's type; it is not quoted.
    """
    if connection.dialect.name == "postgresql":
        return _copy_out(connection, plan, query)
    return _read_by_driver(connection, plan, query, rows_at_once)


def _read_by_driver(
    connection: sa.Connection, plan: Plan, query: sa.Select[Any], rows_at_once: int
) -> Iterator[pa.RecordBatch]:
    """Values as the driver gives them, for what the database cannot write out as text."""
    import pyarrow as pa

    lines = Lines.of(plan) if writes_lines(connection) else Lines((), plan.columns)
    asked = lines.select(query) if lines.texts else query
    reads = _read_sqlite if connection.dialect.name == "sqlite" and lines.texts else _read_streaming
    for rows in reads(connection, asked, rows_at_once):
        written, given = lines.read(rows)
        arrays = {column.name: _from_text(written[column.name], column) for column in lines.written}
        arrays |= {column.name: _to_array(given[column.name], column) for column in lines.beside}
        yield pa.RecordBatch.from_arrays([arrays[name] for name in plan.schema.names], schema=plan.schema)


def _read_streaming(connection: sa.Connection, query: sa.Select[Any], rows_at_once: int) -> Iterator[Sequence[Any]]:
    streaming = connection.execution_options(stream_results=True, yield_per=rows_at_once)
    with streaming.execute(query) as result:
        yield from result.partitions(rows_at_once)


def _read_sqlite(connection: sa.Connection, query: sa.Select[Any], rows_at_once: int) -> Iterator[Sequence[Any]]:
    """The driver's own tuples, which it reads as they are needed: an object of SQLAlchemy for each costs as much again.

    Raises:
        DBAPIError: the file cannot be read on.
    """
    with connection.execute(query) as result:
        try:
            while result.cursor is not None and (rows := result.cursor.fetchmany(rows_at_once)):
                yield rows
        except sqlite3.Error as error:
            raise DBAPIError.instance(None, None, error, sqlite3.Error, dialect=connection.dialect) from None


def _to_array(values: tuple[Any, ...], column: PlannedColumn) -> pa.Array:
    import pyarrow as pa

    try:
        if column.is_of_sqlite and (pa.types.is_decimal(column.type) or pa.types.is_temporal(column.type)):
            return _as_sqlite_says(values).cast(column.type)
        return pa.array(values, pa.string() if column.comes_as_text else column.type).cast(column.type)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        raise FileFault(not_of_its_type(column)) from None


def _from_text(found: pa.Array, column: PlannedColumn) -> pa.Array:
    import pyarrow as pa

    try:
        return found.cast(column.type)
    except pa.ArrowException:
        raise FileFault(not_of_its_type(column)) from None


def _as_sqlite_says(values: tuple[Any, ...]) -> pa.Array:
    """Texts of what SQLite keeps, the shortest that stand for a number: it has no decimals, whatever a column says."""
    import pyarrow as pa

    try:
        return pa.array(values).cast(pa.string())
    except pa.ArrowException:  # of several kinds, or a whole number too long for a double
        return pa.array([None if value is None else str(value) for value in values], pa.string())


def _copy_out(connection: sa.Connection, plan: Plan, query: sa.Select[Any]) -> Iterator[pa.RecordBatch]:
    """PostgreSQL writes the rows as text by itself; the text is parsed into exact types."""
    import psycopg
    import pyarrow as pa
    from pyarrow import csv

    compiled = query.compile(dialect=connection.dialect)
    statement = f"copy ({compiled}) to stdout (format csv)"
    session = connection.connection.driver_connection
    if session is None:
        raise FileFault("the session with the database ended")
    with session.cursor() as cursor, cursor.copy(statement, compiled.params) as copy:
        text = _Text(copy)
        if text.is_empty:
            return
        try:
            reader = csv.open_csv(pa.PythonFile(text, mode="r"), *_how_it_is_written(plan))
            while batch := _next_batch(reader):
                yield batch
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            text.drain()
            raise FileFault(_name_column(str(error), plan)) from None
        except psycopg.Error:
            raise


def _next_batch(reader: Any) -> pa.RecordBatch | None:
    try:
        return reader.read_next_batch()
    except StopIteration:
        return None


def _how_it_is_written(plan: Plan) -> tuple[Any, Any, Any]:
    """How PostgreSQL writes CSV: nothing for NULL, an empty text in quotes."""
    from pyarrow import csv

    names = [column.name for column in plan.columns]
    return (
        csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES, use_threads=False),
        csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=plan.schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t", "true"],
            false_values=["f", "false"],
        ),
    )


def _name_column(said: str, plan: Plan) -> str:
    """Which column is to blame; the library's words quote the value."""
    for number, column in enumerate(plan.columns):
        if f"column #{number}:" in said:
            return not_of_its_type(column)
    return UNREADABLE


class _Text(io.RawIOBase):
    """What ``COPY`` sends, row by row, as a file that is read in blocks."""

    def __init__(self, copy: Any) -> None:
        self._rows = iter(copy)
        self._left = bytearray(next(self._rows, b""))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was sent at all."""
        return not self._left

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most ``size`` bytes; none at the end."""
        text, self._left = self._left, bytearray()
        for row in self._rows:
            text += row
            if 0 <= size <= len(text):
                break
        if 0 <= size < len(text):
            self._left = text[size:]
            del text[size:]
        return bytes(text)

    def drain(self) -> None:
        """Take the rest, so that the session stays usable."""
        for _ in self._rows:
            pass
