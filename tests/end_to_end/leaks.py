"""Looking for planted texts in files: in their bytes, and in every text of Parquet and DuckDB files.

Belongs here: the search. Does not belong here: what is planted, and where it may be.
"""

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import duckdb


def find_leaks(files: Iterable[Path], secrets: Collection[str]) -> set[str]:
    """Files in which any of the secrets stands."""
    needles = [secret.encode() for secret in secrets]
    return {str(path) for path in files if any(needle in text for text in _texts(path) for needle in needles)}


def _texts(path: Path) -> Iterator[bytes]:
    """The file's bytes; and, since those of tables are compressed, each column's texts."""
    yield path.read_bytes()
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            yield from _columns(connection, f"read_parquet('{path}')")
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            sql = "select schema_name, table_name from duckdb_tables() where not temporary"
            for schema, table in connection.execute(sql).fetchall():
                yield from _columns(connection, f'"{schema}"."{table}"')


def _columns(connection: duckdb.DuckDBPyConnection, source: str) -> Iterator[bytes]:
    described = connection.execute(f"describe from {source}").fetchall()
    for column, kind, *_ in described:
        if "VARCHAR" in kind:
            sql = f"select string_agg(distinct cast(\"{column}\" as varchar), ' ') from {source}"
            ((text,),) = connection.execute(sql).fetchall()
            yield (text or "").encode()
