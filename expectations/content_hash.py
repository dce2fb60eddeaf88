"""The content hash of a table: equal rows, equal hash, in whatever order they were written.

Belongs here: the canonical text of a row and its SHA-256. Does not belong here: what is hashed and when.

A row's text is, for each column, the length of its text in bytes, a colon, and the text; for NULL the colon alone.
Rows follow each other in the order of their key. The names and types of the columns are hashed first. Texts stream
through Arrow in batches, so that memory does not grow with the table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

BATCH_ROWS = 50_000


@dataclass(frozen=True)
class Content:
    """What a relation holds: the hash of its rows and their number."""

    hash: str
    rows: int


def quoted(*names: str) -> str:
    """A (qualified) identifier for SQL."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def hash_content(
    connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str], district_id: str | None = None
) -> Content:
    """Hash the rows of a table or view.

    Args:
        connection: an open DuckDB connection.
        relation: the relation's quoted name.
        key: the columns whose order makes the hash independent of the order of writing.
        district_id: hash this district's rows alone.
    """
    columns = columns_of(connection, relation)
    digest, rows = hashlib.sha256(_heading(columns)), 0
    where = "where district_id = $district_id" if district_id is not None else ""
    parameters = {"district_id": district_id} if district_id is not None else {}
    sql = f"select {_row_text(columns)} as row_text from {relation} {where} {_order(key)}"
    for batch in _batches(connection, sql, parameters):
        digest.update(_bytes_of(batch.column(0)))
        rows += batch.num_rows
    return Content(digest.hexdigest(), rows)


def hash_content_by_district(
    connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str]
) -> dict[str, Content]:
    """Hash each district's rows of one relation in a single pass; as :func:`hash_content` does for each alone."""
    columns = columns_of(connection, relation)
    heading = _heading(columns)
    digests: dict[str, Any] = {}
    counts: dict[str, int] = {}
    order = _order(["district_id", *key])
    sql = f"select district_id, {_row_text(columns)} as row_text from {relation} {order}"
    for batch in _batches(connection, sql, {}):
        for district, start, length in _runs(batch.column(0)):
            digests.setdefault(district, hashlib.sha256(heading)).update(
                _bytes_of(batch.column(1).slice(start, length))
            )
            counts[district] = counts.get(district, 0) + length
    return {district: Content(digest.hexdigest(), counts[district]) for district, digest in digests.items()}


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Names and types of a relation's columns, in order."""
    return [(row[0], row[1]) for row in connection.execute(f"describe {relation}").fetchall()]


def schema_hash(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Hash of the names and types of a relation's columns."""
    return hashlib.sha256(_heading(columns_of(connection, relation))).hexdigest()


def _heading(columns: Sequence[tuple[str, str]]) -> bytes:
    return "\n".join(f"{name} {kind}" for name, kind in columns).encode()


def _row_text(columns: Sequence[tuple[str, str]]) -> str:
    """One flat ``concat``, which passes over NULLs: nested ``||`` cost three times as much on small tables."""
    texts = [f"{quoted(name)}::varchar" for name, _ in columns]
    return "concat(" + ", ".join(f"strlen({text}), ':', {text}" for text in texts) + ")"


def _order(key: Sequence[str]) -> str:
    return "order by " + ", ".join([*(quoted(column) for column in key), "row_text"])


def _batches(connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, str]) -> Iterator[Any]:
    reader = connection.execute(sql, parameters).to_arrow_reader(BATCH_ROWS)
    yield from reader


def _runs(column: Any) -> Iterator[tuple[str, int, int]]:
    """Stretches of equal values of a sorted column: value, start, length."""
    import pyarrow.compute as pc

    encoded, start = pc.call_function("run_end_encode", [column]), 0
    for value, end in zip(encoded.values.to_pylist(), encoded.run_ends.to_pylist(), strict=True):
        yield value, start, end - start
        start = end


def _bytes_of(column: Any) -> memoryview:
    """The texts of an Arrow string column as one stretch of bytes, without copying."""
    import pyarrow as pa

    wide = pa.types.is_large_string(column.type)
    if not wide and not pa.types.is_string(column.type):
        raise TypeError(f"expected a column of text from DuckDB, not {column.type}")
    if not len(column):
        return memoryview(b"")
    offsets = memoryview(column.buffers()[1]).cast("q" if wide else "i")
    first, last = offsets[column.offset], offsets[column.offset + len(column)]
    return memoryview(column.buffers()[2])[first:last]
