"""A search for what must not be there: planted names, ids and birth dates, below a folder.

Belongs here: looking into bytes, and into tables that compress their text (Parquet, DuckDB). Does not belong here: what
is planted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

ONE_THREAD: dict[str, Any] = {"threads": 1}
"""Most files are small: what starts and ends threads would cost more than looking into them."""


def find_canaries(folder: Path, canaries: Iterable[str], *, besides: Iterable[Path] = ()) -> list[tuple[str, str]]:
    """Every file below ``folder`` that holds one of the texts, with the text; ``besides`` is not looked into."""
    wanted, left_out = tuple(canaries), tuple(besides)
    with duckdb.connect(config=ONE_THREAD) as connection:
        return sorted(
            (path.relative_to(folder).as_posix(), canary)
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink() and not any(path.is_relative_to(each) for each in left_out)
            for canary in _in_file(connection, path, wanted)
        )


def _in_file(connection: duckdb.DuckDBPyConnection, path: Path, canaries: tuple[str, ...]) -> Iterator[str]:
    content = path.name.encode() + b"\n" + path.read_bytes()
    texts = "\n".join(_texts(connection, path))
    for canary in canaries:
        if canary.encode() in content or canary in texts:
            yield canary


def _texts(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[str]:
    """Every value of a table, as text, column by column: the values of a column are far fewer than its rows."""
    if path.suffix == ".parquet":
        yield from _columns(connection, f"read_parquet('{path}', hive_partitioning = false)")
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True, config=ONE_THREAD) as database:
            sql = "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT temporary"
            for schema, table in database.execute(sql).fetchall():
                yield from _columns(database, f'"{schema}"."{table}"')


def _columns(connection: duckdb.DuckDBPyConnection, source: str) -> Iterator[str]:
    names = [column for column, *_ in connection.execute(f"DESCRIBE FROM {source}").fetchall()]
    aggregates = ", ".join(f"""string_agg(DISTINCT CAST("{name}" AS VARCHAR), chr(10))""" for name in names)
    for text in connection.execute(f"SELECT {aggregates} FROM {source}").fetchone() or ():
        yield text or ""
