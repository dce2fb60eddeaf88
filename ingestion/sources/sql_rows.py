"""Reading rows as batches of exact types, few at a time.

Belongs here: the driver's way, which every database has, and PostgreSQL's fast one (``COPY``). Does not belong here:
which rows (``sql_columns.py``), rows that a database writes out as JSON (``sql_lines.py``), those of SQLite
(``sqlite_rows.py``), or the file that they become (``rows_file.py``).
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ingestion.sources.outcomes import FileFault
from ingestion.sources.sql_columns import UNREADABLE, Plan, PlannedColumn, not_of_its_type
from ingestion.sources.sql_lines import Lines, writes_lines
from ingestion.sources.sqlite_rows import UnknownFault, read_sqlite

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
    if connection.dialect.name == "sqlite":
        return _read_sqlite(connection, plan, query, rows_at_once)
    return _read_by_driver(connection, plan, query, rows_at_once)


def _read_sqlite(
    connection: sa.Connection, plan: Plan, query: sa.Select[Any], rows_at_once: int
) -> Iterator[pa.RecordBatch]:
    """What the quick driver gives; where it gives up, the other one says by its codes what is wrong."""
    try:
        yield from read_sqlite(connection, plan, query, rows_at_once)
    except UnknownFault:
        cells = (sa.type_coerce(cell, sa.types.NullType()) for cell in query.subquery().columns)
        for _ in connection.execute(sa.select(*cells)):
            pass
        raise FileFault(UNREADABLE) from None


def _read_by_driver(
    connection: sa.Connection, plan: Plan, query: sa.Select[Any], rows_at_once: int
) -> Iterator[pa.RecordBatch]:
    """Values as the driver gives them, for what the database cannot write out as text."""
    import pyarrow as pa

    lines = Lines.of(plan) if writes_lines(connection) else None
    streaming = connection.execution_options(stream_results=True, yield_per=rows_at_once)
    with streaming.execute(query if lines is None else lines.select(query)) as result:
        for rows in result.partitions(rows_at_once):
            given = lines.read(rows) if lines else zip(*rows, strict=True)
            arrays = [_to_array(values, column) for values, column in zip(given, plan.columns, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, schema=plan.schema)


def _to_array(values: Any, column: PlannedColumn) -> pa.Array:
    import pyarrow as pa

    try:
        if not isinstance(values, pa.Array):
            values = pa.array(values, pa.string() if column.comes_as_text else column.type)
        return values.cast(column.type)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        raise FileFault(not_of_its_type(column)) from None


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
