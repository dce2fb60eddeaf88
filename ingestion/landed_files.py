"""One landed file: rows as Parquet under their name only when they are whole, and closed to changes from then on.

Belongs here: how a file of landing is written. Does not belong here: which files a delivery has (``landing.py``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP_ROWS = 1_000_000
SMALL_SLOT_ROWS = 500
"""Below this a file is neither compressed nor given dictionaries: a state's reports make ten thousand files of a dozen
rows, and both together made each of them twice as costly to write and three times to read, for a byte in six. Nor does
it get statistics, by which rows could be skipped."""


class Portions:
    """Rows that come in batches, taken as many at a time as are wanted."""

    def __init__(self, batches: Iterator[pa.Table]) -> None:
        self._batches = batches
        self._batch: pa.Table | None = None
        self._taken = 0

    def take(self, n_rows: int) -> Iterator[pa.Table]:
        """The next rows, in tables that make a row group each."""
        for size in (min(ROW_GROUP_ROWS, n_rows - start) for start in range(0, n_rows, ROW_GROUP_ROWS)):
            yield self._next(size)

    def _next(self, size: int) -> pa.Table:
        import pyarrow as pa

        parts: list[pa.Table] = []
        while size:
            batch = self._batch
            if batch is None or self._taken == batch.num_rows:
                batch, self._taken = next(self._batches), 0
            parts.append(batch.slice(self._taken, size))
            self._batch, self._taken = batch, self._taken + parts[-1].num_rows
            size -= parts[-1].num_rows
        return parts[0] if len(parts) == 1 else pa.concat_tables(parts).combine_chunks()


def write_parquet(path: Path, portions: Iterator[pa.Table], *, is_small: bool) -> None:
    """Write a file under its name only when it is whole, with checksums, and closed to changes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with os.fdopen(_create_closed(draft), "wb", buffering=0) as handle:
        if is_small:
            handle.write(_small_file(next(portions)))
        else:
            _write_groups(handle, portions)
    draft.replace(path)


def _small_file(rows: pa.Table) -> pa.Buffer:
    """In one piece: ten thousand files cost half as many calls of the system."""
    import pyarrow as pa

    content = pa.BufferOutputStream()
    options = {"compression": "none", "use_dictionary": False, "write_statistics": False, "store_schema": False}
    _write_groups(content, iter([rows]), **options)
    return content.getvalue()


def _write_groups(sink: Any, portions: Iterator[pa.Table], **options: Any) -> None:
    import pyarrow.parquet as pq

    first = next(portions)
    options = {"compression": "zstd", "write_page_checksum": True, **options}
    with pq.ParquetWriter(sink, first.schema, **options) as writer:
        for rows in chain([first], portions):
            writer.write_table(rows, row_group_size=ROW_GROUP_ROWS)


def _create_closed(path: Path) -> int:
    """A new file that nobody may open for writing again; what a run that was killed left in its place goes."""
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    except FileExistsError:
        path.unlink()
        return _create_closed(path)
