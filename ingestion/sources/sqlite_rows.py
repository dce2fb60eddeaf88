"""Rows of SQLite, read into Arrow by a driver in C: a value for each cell costs Python more than everything else.

Belongs here: how SQLite is asked for cells so that each comes as what it is, and what becomes of a cell that is not of
its column's type. Does not belong here: which rows (``sql_columns.py``), other databases (``sql_rows.py``).

SQLite lets any cell hold anything, and the driver takes the types of columns from the first rows: a row that says them
goes before all others. It makes texts of whatever a column of texts holds, and seven digits of a double among them: so
a column comes as two where cells may be of two kinds, and a last one tells which column holds something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ingestion.sources.outcomes import FileFault
from ingestion.sources.sql_columns import UNREADABLE, Plan, PlannedColumn, not_of_its_type

if TYPE_CHECKING:
    import pyarrow as pa

WAIT_MS = 5000
"""How long somebody else may write; the other driver's own measure."""

_WHOLE, _DOUBLE, _TEXT = "0", "0.5", "''"
"""A cell of each type, for the first row."""


class UnknownFault(Exception):
    """The driver gave up, and says why in words alone."""


def read_sqlite(
    connection: sa.Connection, plan: Plan, query: sa.Select[Any], rows_at_once: int
) -> Iterator[pa.RecordBatch]:
    """The rows of a query, batch by batch.

    Raises:
        FileFault: a cell is not of its column's type; it is not quoted.
        UnknownFault: the file cannot be read.
    """
    import pyarrow as pa
    from adbc_driver_manager import Error
    from adbc_driver_sqlite import StatementOptions, dbapi

    statement, values = _bind(connection, _ask(plan, query))
    (file,), _ = connection.dialect.create_connect_args(connection.engine.url)
    try:
        with dbapi.connect(file) as session, session.cursor() as cursor:
            cursor.execute(f"pragma busy_timeout = {WAIT_MS}")
            cursor.adbc_statement.set_options(**{StatementOptions.BATCH_ROWS.value: str(rows_at_once)})
            cursor.execute(statement, values)
            reader = cursor.fetch_record_batch()
            _check_types(reader.schema, plan)
            n_before = 1  # the row that says the types
            for batch in reader:
                yield _make_batch(batch.slice(n_before), plan)
                n_before = 0
    except (Error, OSError) as error:
        raise _name_fault(str(error), plan) from None
    except pa.ArrowException:
        raise FileFault(UNREADABLE) from None


def _kinds(column: PlannedColumn) -> tuple[str, ...]:
    """What a column comes as: one or two columns of these."""
    import pyarrow as pa

    if column.comes_as_text or pa.types.is_string(column.type) or pa.types.is_temporal(column.type):
        return (_TEXT,)
    if pa.types.is_decimal(column.type):
        return (_DOUBLE, _TEXT)
    return (_DOUBLE, _WHOLE) if pa.types.is_floating(column.type) else (_WHOLE,)


def _ask(plan: Plan, query: sa.Select[Any]) -> sa.CompoundSelect[Any]:
    """The rows of a query, after one that says the types of their cells."""
    rows = query.subquery("rows_of_query")
    first, cells, faults = [], [], []
    for number, column in enumerate(plan.columns):
        cell, kinds = rows.c[column.name], _kinds(column)
        first += kinds
        cells += [_part(cell, kind) for kind in kinds] if len(kinds) > 1 else [cell]
        if kinds == (_TEXT,):
            faults.append((_is(cell, "text").is_(False) & cell.is_not(None), sa.literal_column(str(number))))
        elif _TEXT in kinds:
            faults.append((_is(cell, "blob"), sa.literal_column(str(number))))
    fault = sa.case(*faults) if faults else sa.null()
    types = (sa.literal_column(kind).label(f"c{number}") for number, kind in enumerate([*first, _WHOLE]))
    return sa.union_all(sa.select(*types), sa.select(*cells, fault))


def _is(cell: sa.ColumnElement[Any], kind: str) -> sa.ColumnElement[bool]:
    return sa.func.typeof(cell) == sa.literal_column(f"'{kind}'")


def _part(cell: sa.ColumnElement[Any], kind: str) -> sa.ColumnElement[Any]:
    """The cells of one of two kinds: doubles, and what is none."""
    if kind == _DOUBLE:
        return sa.case((_is(cell, "real"), cell))
    if kind == _TEXT:
        return sa.case((_is(cell, "integer"), sa.cast(cell, sa.Text)), (_is(cell, "text"), cell))
    return sa.case((~_is(cell, "real"), cell))


def _bind(connection: sa.Connection, query: sa.CompoundSelect[Any]) -> tuple[str, list[Any]]:
    """The statement, and the values that stand in it as the database keeps such values."""
    compiled = query.compile(dialect=connection.dialect)
    values = []
    for name in compiled.positiontup or ():
        process = compiled.binds[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        values.append(process(compiled.params[name]) if process else compiled.params[name])
    return str(compiled), values


def _check_types(schema: pa.Schema, plan: Plan) -> None:
    """Whether the first rows left the types as they were said.

    Raises:
        FileFault: a cell is of another.
    """
    for number, (column, kind) in enumerate(_places(plan)):
        if not schema.field(number).type.equals(_arrow_type(kind)):
            raise FileFault(not_of_its_type(column))


def _places(plan: Plan) -> list[tuple[PlannedColumn, str]]:
    return [(column, kind) for column in plan.columns for kind in _kinds(column)]


def _arrow_type(kind: str) -> pa.DataType:
    import pyarrow as pa

    return {_WHOLE: pa.int64(), _DOUBLE: pa.float64(), _TEXT: pa.string()}[kind]


def _make_batch(batch: pa.RecordBatch, plan: Plan) -> pa.RecordBatch:
    import pyarrow as pa
    import pyarrow.compute as pc

    *parts, faults = batch.columns
    number = pc.min(faults).as_py()  # pyright: ignore[reportAttributeAccessIssue]
    if number is not None:
        raise FileFault(not_of_its_type(plan.columns[number]))
    parts = iter(parts)
    arrays = [_put_together([next(parts) for _ in _kinds(column)], column) for column in plan.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=plan.schema)


def _put_together(parts: list[pa.Array], column: PlannedColumn) -> pa.Array:
    """A column of its exact type; of a double the shortest digits count, as SQLite has no decimals."""
    import pyarrow as pa
    import pyarrow.compute as pc

    _check_text(parts)
    try:
        if len(parts) == 1:
            return parts[0].cast(column.type)
        kept = pa.string() if pa.types.is_decimal(column.type) else column.type
        return pc.coalesce(*(part.cast(kept) for part in parts)).cast(column.type)  # pyright: ignore[reportAttributeAccessIssue]
    except pa.ArrowException:
        raise FileFault(not_of_its_type(column)) from None


def _check_text(parts: list[pa.Array]) -> None:
    """Whether texts are texts: the driver does not look.

    Raises:
        FileFault: one is not.
    """
    import pyarrow as pa

    try:
        for part in parts:
            part.validate(full=True)
    except pa.ArrowException:
        words = "a text is not UTF-8: correct it there, or leave its column out with columns"
        raise FileFault(words) from None


def _name_fault(said: str, plan: Plan) -> Exception:
    """Which column is to blame for a cell of another type, or that nobody knows."""
    found = re.search(r"Type mismatch in column (\d+)", said)
    return FileFault(not_of_its_type(_places(plan)[int(found[1])][0])) if found else UnknownFault(said)
