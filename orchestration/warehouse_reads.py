"""Small read-only looks into the build file, for metadata.

Belongs here: counts that the UI shows. Does not belong here: anything that decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import duckdb

from orchestration.steps import Warehouse


def count_rows(warehouse: Warehouse, relations: Iterable[Sequence[str]]) -> dict[tuple[str, ...], int]:
    """Rows of each ``(schema, name)`` in the build at work, or in the finished one."""
    wanted = [tuple(relation) for relation in relations]
    path = warehouse.build_file_in_use()
    with duckdb.connect(str(path), read_only=True) as connection:
        return {relation: _count(connection, relation) for relation in wanted}


def _count(connection: duckdb.DuckDBPyConnection, relation: tuple[str, ...]) -> int:
    quoted = ".".join('"' + part.replace('"', '""') + '"' for part in relation)
    row = connection.execute(f"select count(*) from {quoted}").fetchone()
    return int(row[0]) if row else 0
