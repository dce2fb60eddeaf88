"""The content hash of a table: equal rows, equal hash, in whatever order they were written.

Belongs here: the canonical bytes of rows and their SHA-256. Does not belong here: what is hashed and when.

Rows stand in the order of their key, and after it of all other columns. Each column is hashed by itself, twice: the
shape of its cells (for text the length in bytes, -1 for NULL; else whether there is a value) and their bytes as Arrow
lays them out, nothing for NULL. The names and types of the columns, then the columns' hashes in
their order, make the content's. Types other than text, whole numbers, decimals and dates are hashed as text. Columns
stream through Arrow in batches, so that memory does not grow with the table: to write each row out as text cost half
of all hashing, to sort what lies in order already another quarter (decisions 0018).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    import numpy as np

BATCH_ROWS = 50_000
HASHED_AS_IT_IS = re.compile(r"VARCHAR|DATE|(TINY|SMALL|BIG)INT|INTEGER|DECIMAL\(\d+,\d+\)")
"""Types whose values are equal exactly when their bytes are; all others become text first."""

ROW_BY_ROW = {"SEQ_SCAN", "READ_PARQUET", "PROJECTION", "FILTER", "EMPTY_RESULT"}
"""Steps of a plan, in DuckDB's words, that give rows in the order in which they read them."""


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
    whole = _Digest(columns)
    where = "where district_id = $district_id" if district_id is not None else ""
    parameters = {"district_id": district_id} if district_id is not None else {}
    order = _order(columns, key)
    if district_id is None and lies_in_order(connection, relation, key):
        order = ""
    for batch in _batches(connection, f"select {_cells(columns)} from {relation} as held {where} {order}", parameters):
        whole.add([_lay_out(column) for column in batch.columns], 0, batch.num_rows)
    return whole.content()


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
    whole, districts = _Digest(columns), {}
    order = "" if lies_in_order(connection, relation, key) else _order(columns, key)
    sql = f"select district_id as {quoted('the district')}, {_cells(columns)} from {relation} as held {order}"
    for batch in _batches(connection, sql, {}):
        cells = [_lay_out(column) for column in batch.columns[1:]]
        whole.add(cells, 0, batch.num_rows)
        for district_id, start, stop in _runs(batch.column(0)):
            districts.setdefault(district_id, _Digest(columns)).add(cells, start, stop)
    return whole.content(), {district_id: digest.content() for district_id, digest in districts.items()}


def sum_hashes(connection: duckdb.DuckDBPyConnection, relation: str) -> Content:
    """What tells whether a table is still what it was, for a tenth of what its content hash costs.

    The sum of DuckDB's own hashes of the rows, in whatever order they lie, behind the hash of names and types. Two
    versions of DuckDB may hash otherwise, so it is for one night and not for a release. To it a list that is empty is
    one that is NULL.
    """
    row = quoted("the row")  # no column is called so
    found = connection.execute(f"select count(*), coalesce(sum(hash({row})), 0) from {relation} as {row}").fetchall()
    return Content(f"{schema_hash(connection, relation)}:{found[0][1]}", found[0][0])


def hash_no_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> Content:
    """The content of a relation of these columns without any row."""
    return _Digest(columns_of(connection, relation)).content()


def is_same_rows(connection: duckdb.DuckDBPyConnection, one: str, other: str) -> bool:
    """Whether two relations have the same columns and the very same rows at the same places."""
    if columns_of(connection, one) != columns_of(connection, other):
        return False
    left, right = quoted("the one"), quoted("the other")  # no column is called so
    compared = (
        f"select {left} is distinct from {right} as differs from {one} as {left} positional join {other} as {right}"
    )
    rows, others = connection.execute(
        f"select (select count(*) from {one}), (select count(*) from {other})"
    ).fetchall()[0]
    return rows == others and not connection.execute(f"from ({compared}) where differs limit 1").fetchall()


def columns_of(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    """Names and types of a relation's columns, in order."""
    return [(row[0], row[1]) for row in connection.execute(f"describe {relation}").fetchall()]


def schema_hash(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    """Hash of the names and types of a relation's columns."""
    return hashlib.sha256(heading(columns_of(connection, relation))).hexdigest()


@dataclass(frozen=True)
class _Cells:
    """One column of a batch.

    Attributes:
        shape: for each row its length in bytes (-1 for NULL) or, where all are as long, whether there is a value.
        data: the bytes of all rows, one after the other.
        starts: where each row's bytes start in ``data``, and where the last one's end.
    """

    shape: memoryview
    data: memoryview
    starts: Sequence[int] | np.ndarray


class _Digest:
    """The content of rows that come batch by batch."""

    def __init__(self, columns: Sequence[tuple[str, str]]) -> None:
        self._heading = heading(columns)
        self._columns = [(hashlib.sha256(), hashlib.sha256()) for _ in columns]
        self._rows = 0

    def add(self, columns: Sequence[_Cells], start: int, stop: int) -> None:
        """Add some of a batch's rows."""
        for (shape, data), cells in zip(self._columns, columns, strict=True):
            shape.update(cells.shape[start:stop])
            data.update(cells.data[cells.starts[start] : cells.starts[stop]])
        self._rows += stop - start

    def content(self) -> Content:
        """What was added; without a row it is that of the columns' names and types."""
        whole = hashlib.sha256(self._heading)
        for shape, data in self._columns if self._rows else ():
            whole.update(shape.digest() + data.digest())
        return Content(whole.hexdigest(), self._rows)


def heading(columns: Sequence[tuple[str, str]]) -> bytes:
    """The names and types of columns, as they are hashed."""
    return "\n".join(f"{name} {kind}" for name, kind in columns).encode()


def _cells(columns: Sequence[tuple[str, str]]) -> str:
    return ", ".join(
        quoted(name) if HASHED_AS_IT_IS.fullmatch(kind) else f"{quoted(name)}::varchar as {quoted(name)}"
        for name, kind in columns
    )


def _order(columns: Sequence[tuple[str, str]], key: Sequence[str]) -> str:
    others = [name for name, _ in columns if name not in key]
    return "order by " + ", ".join(quoted("held", name) for name in (*key, *others))


def lies_in_order(connection: duckdb.DuckDBPyConnection, relation: str, key: Sequence[str]) -> bool:
    """Whether each row's key follows that of the row before it: to see that costs a sixth of sorting.

    Never of a view that joins or groups: its rows come otherwise when more of its columns are read.
    """
    if not _reads_row_by_row(connection, relation):
        return False
    row = f"row({', '.join(quoted(name) for name in key)})"
    whole = " and ".join(f"{quoted(name)} is not null" for name in key)
    sql = f"select {row} > lag({row}) over () and {whole} as follows from {relation}"
    rows, following = connection.execute(f"select count(*), count(*) filter (follows) from ({sql})").fetchall()[0]
    return following >= rows - 1


def _reads_row_by_row(connection: duckdb.DuckDBPyConnection, relation: str) -> bool:
    """Whether rows come as a table holds them, whichever columns are read: so DuckDB plans it."""
    plan = json.loads(connection.execute(f"explain (format json) from {relation}").fetchall()[0][1])
    steps = [plan[0]]
    for step in steps:
        steps += step["children"]
    return all(step["name"] in ROW_BY_ROW for step in steps)


def _batches(connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, str]) -> Iterator[Any]:
    reader = connection.execute(sql, parameters).to_arrow_reader(BATCH_ROWS)
    yield from reader


def _runs(column: Any) -> Iterator[tuple[str, int, int]]:
    """Stretches of equal values of a sorted column: value, start, stop."""
    import pyarrow.compute as pc

    encoded, start = pc.call_function("run_end_encode", [column]), 0
    for value, end in zip(encoded.values.to_pylist(), encoded.run_ends.to_pylist(), strict=True):
        yield value, start, end
        start = end


def _lay_out(column: Any) -> _Cells:
    """An Arrow column as it is hashed, without copying the bytes of text."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return _lay_out_text(column)
    rows, width = len(column), column.type.bit_width // 8
    is_value = _is_value(column)
    if not rows:
        return _Cells(memoryview(b""), memoryview(b""), [0])
    data = np.frombuffer(column.buffers()[1], np.uint8, rows * width, column.offset * width)
    starts = range(0, (rows + 1) * width, width)
    if column.null_count:
        data = data.reshape(rows, width)[is_value.astype(bool)].reshape(-1)
        starts = np.concatenate([[0], np.cumsum(is_value, dtype=np.int64) * width])
    return _Cells(is_value.data, data.data, starts)


def _lay_out_text(column: Any) -> _Cells:
    import numpy as np
    import pyarrow as pa

    is_value = _is_value(column)
    if not len(column):
        return _Cells(memoryview(b""), memoryview(b""), [0])
    if column.null_count:
        column = column.fill_null("")
    kind = np.dtype(np.int64 if pa.types.is_large_string(column.type) else np.int32)
    starts = np.frombuffer(column.buffers()[1], kind, len(column) + 1, column.offset * kind.itemsize)
    shape = np.diff(starts).astype(np.int32)
    shape[is_value == 0] = -1
    return _Cells(shape.data, memoryview(column.buffers()[2] or b""), starts)


def _is_value(column: Any) -> np.ndarray:
    """One byte for each row: 1 where there is a value."""
    import numpy as np

    if not column.null_count:
        return np.ones(len(column), np.uint8)
    return column.is_valid().to_numpy(zero_copy_only=False).astype(np.uint8)
