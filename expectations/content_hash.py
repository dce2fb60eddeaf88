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
) -> tuple[Content, dict[str, Content]]:
    """Hash a relation whole and each district's rows of it, in a single pass; as :func:`hash_content` does for each.

    Args:
        connection: an open DuckDB connection.
        relation: the relation's quoted name.
        key: as for :func:`hash_content`; ``district_id`` comes first in it.
    """
    if key[0] != "district_id":
        raise ValueError(f"{relation}: district_id is not the first column of its key")
    columns = columns_of(connection, relation)
    return _hash_groups(connection, relation, columns, "district_id", key)


def hash_content_by(
    connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str], group: str, values: Sequence[str]
) -> dict[str, Content]:
    """Hash the rows of each of these values of a column that is not itself part of the content."""
    columns = [column for column in columns_of(connection, relation) if column[0] != group]
    found = _hash_groups(connection, relation, columns, group, (group, *key))[1]
    nothing = Content(hashlib.sha256(_heading(columns)).hexdigest(), 0)
    return {value: found.get(value, nothing) for value in values}


def hash_no_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> Content:
    """The content of a relation of these columns without any row."""
    return Content(schema_hash(connection, relation), 0)


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Names and types of a relation's columns, in order."""
    return [(row[0], row[1]) for row in connection.execute(f"describe {relation}").fetchall()]


def schema_hash(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Hash of the names and types of a relation's columns."""
    return hashlib.sha256(_heading(columns_of(connection, relation))).hexdigest()


def _hash_groups(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: Sequence[tuple[str, str]],
    group: str,
    order: Sequence[str],
) -> tuple[Content, dict[str, Content]]:
    """The content of all rows, and of each group's: both in the order given, in which the group comes first."""
    heading = _heading(columns)
    whole, rows = hashlib.sha256(heading), 0
    digests: dict[str, Any] = {}
    counts: dict[str, int] = {}
    sql = f"select {quoted(group)}, {_row_text(columns)} as row_text from {relation} {_order(order)}"
    for batch in _batches(connection, sql, {}):
        texts = batch.column(1)
        whole.update(_bytes_of(texts))
        rows += batch.num_rows
        for value, start, length in _runs(batch.column(0)):
            digests.setdefault(value, hashlib.sha256(heading)).update(_bytes_of(texts.slice(start, length)))
            counts[value] = counts.get(value, 0) + length
    groups = {value: Content(digest.hexdigest(), counts[value]) for value, digest in digests.items()}
    return Content(whole.hexdigest(), rows), groups


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
