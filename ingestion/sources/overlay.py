"""Rows since a watermark, laid over the last full file by key: what is delivered is always a full extract.

Does not belong here: which rows those are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.sql_text import quote

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

MEMORY = "256MB"
BATCH_ROWS = 65_536

_CHANGED = """
create temp table changed as
select * from read_parquet($since) as new
where not exists (select 1 from read_parquet($base) as old where {same})
"""
_LAID_OVER = """
select * from read_parquet($base) as old where not exists (select 1 from changed as new where {same_key})
union all select * from changed
"""
_REPEATED = "select count(*) from (select 1 from read_parquet($file) group by {key} having count(*) > 1 limit 1)"


class Overlay:
    """Two files of the same columns, the newer rows over the older."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, base: Path, since: Path, key: Sequence[str]) -> None:
        self._connection = connection
        self._base = str(base)
        self._same_key = _equal(key)
        columns = [row[0] for row in connection.execute("describe from read_parquet($f)", {"f": str(since)}).fetchall()]
        files = {"since": str(since), "base": self._base}
        connection.execute(_CHANGED.format(same=_equal(columns)), files)

    @property
    def n_changed(self) -> int:
        """Rows that are new or other than they were."""
        return self._connection.execute("select count(*) from changed").fetchall()[0][0]

    def batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        """All rows: those of the base that were not replaced, then the new ones."""
        query = _LAID_OVER.format(same_key=self._same_key)
        reader = self._connection.execute(query, {"base": self._base}).to_arrow_reader(BATCH_ROWS)
        for batch in reader:
            yield batch.cast(schema)


@contextmanager
def lay_over(base: Path, since: Path, key: Sequence[str], work: Path) -> Iterator[Overlay]:
    """Open both files in little memory; what does not fit goes to the work folder."""
    with _connect(work) as connection:
        yield Overlay(connection, base, since, key)


def is_unique(path: Path, key: Sequence[str], work: Path) -> bool:
    """Whether the key tells every row of a file from the others."""
    query = _REPEATED.format(key=", ".join(quote(name) for name in key))
    with _connect(work) as connection:
        return connection.execute(query, {"file": str(path)}).fetchall()[0][0] == 0


@contextmanager
def _connect(work: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    settings = {"memory_limit": MEMORY, "temp_directory": str(work / "spill"), "threads": 1}
    with duckdb.connect(config=settings) as connection:
        connection.execute("set preserve_insertion_order = true; set timezone = 'UTC'")
        yield connection


def _equal(names: Sequence[str]) -> str:
    return " and ".join(f"old.{quote(name)} is not distinct from new.{quote(name)}" for name in names)
