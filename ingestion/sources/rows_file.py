"""Batches of rows as a file of exact types: Parquet, or CSV whose texts are in quotes.

Does not belong here: where the rows come from.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion.sources.drop import open_draft

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_OF_A_GROUP = 131_072


def write_rows(draft: Path, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Write a file whole, and flush it to disk; the number of its rows."""
    write = _write_csv if ".csv" in draft.suffixes else _write_parquet
    with open_draft(draft) as handle:
        n_rows = write(handle, schema, batches)
        handle.flush()
        os.fsync(handle.fileno())
    return n_rows


def _write_parquet(handle: Any, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    """Groups of even size, whatever the size of a batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    waiting: list[pa.RecordBatch] = []
    n_rows = n_waiting = 0
    with pq.ParquetWriter(handle, schema, compression="zstd", write_page_checksum=True) as writer:
        for batch in batches:
            waiting.append(batch)
            n_rows += batch.num_rows
            n_waiting += batch.num_rows
            if n_waiting >= ROWS_OF_A_GROUP:
                writer.write_table(pa.Table.from_batches(waiting, schema))
                waiting, n_waiting = [], 0
        writer.write_table(pa.Table.from_batches(waiting, schema))
    return n_rows


def _write_csv(handle: Any, schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> int:
    from pyarrow import csv

    n_rows = 0
    with csv.CSVWriter(handle, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
            n_rows += batch.num_rows
    return n_rows


def fingerprint(path: Path) -> str:
    """Size and time of a file; empty when it is not there."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return ""
    return f"{status.st_size}:{status.st_mtime_ns}"
