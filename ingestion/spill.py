"""Databases in memory for the rows of one file, and the folder for what memory does not hold.

Belongs here: how much memory they take, and where the rest goes. Does not belong here: what is computed in them.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

MEMORY_LIMIT = "320MB"
"""What such a database holds at most before it spills."""

_OPEN: dict[str, duckdb.DuckDBPyConnection] = {}


def scratch_database(spill_folder: str) -> duckdb.DuckDBPyConnection:
    """A database in memory, opened once as that costs more than a small file; each file has a cursor of its own.

    What memory does not hold goes to the folder, which is emptied first, or nowhere: it may be cells about pupils.
    Where nothing can be put away, memory is the only limit.
    """
    import duckdb

    if spill_folder not in _OPEN:
        connection = duckdb.connect(":memory:", config={"threads": 1, "temp_directory": spill_folder})
        if spill_folder:
            shutil.rmtree(spill_folder, ignore_errors=True)
            Path(spill_folder).mkdir(parents=True, mode=0o700)
            connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'")
        _OPEN[spill_folder] = connection
    return _OPEN[spill_folder]


def close_scratch(spill_folder: str) -> None:
    """Close the folder's database, if one is open, and remove what it spilled."""
    connection = _OPEN.pop(spill_folder, None)
    if connection is not None:
        connection.close()
        shutil.rmtree(spill_folder, ignore_errors=True)
