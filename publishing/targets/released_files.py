"""A release's files as tables to copy: their columns, comments, and rows in exact types.

Belongs here: reading the three kinds of files of one release, the districts' some at a time. Does not belong here: what
a target makes of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.content_hash import quoted
from publishing.artefacts import connect, literal

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

INFO = "release_info"
"""The table of each file that names the release; a target says that in its own way."""

FILES_AT_ONCE = 64
ROWS_AT_ONCE = 50_000
INEXACT = ("FLOAT", "DOUBLE")
"""Types whose texts differ between databases; rows are compared by the text of the others."""


@dataclass(frozen=True)
class ReleasedColumn:
    """A column as the release's file holds it, with DuckDB's name of its type."""

    name: str
    kind: str
    comment: str


@dataclass(frozen=True)
class ReleasedTable:
    """A table of one audience."""

    audience: str
    name: str
    comment: str
    columns: tuple[ReleasedColumn, ...]

    @property
    def is_per_district(self) -> bool:
        """Whether each row belongs to one district; else a private table is the same in every district's file."""
        return any(column.name == "district_id" for column in self.columns)


@dataclass(frozen=True)
class Rows:
    """Some rows of a table, while the files that hold them are open."""

    table: ReleasedTable
    connection: duckdb.DuckDBPyConnection
    source: str

    def read(self, *first: str) -> pa.RecordBatchReader:
        """The rows, batch by batch, with these SQL expressions in front of their columns."""
        return self.connection.execute(f"select {', '.join([*first, '*'])} from {self.source}").to_arrow_reader(
            ROWS_AT_ONCE
        )

    def sum_up(self) -> tuple[int, int]:
        """The number of the rows, and the sum of a hash of each one's text."""
        sql = f"select count(*), coalesce(sum(('0x' || left(md5({row_text(self.table)}), 15))::bigint), 0)"
        count, total = self.connection.execute(f"{sql} from {self.source}").fetchall()[0]
        return int(count), int(total)


def row_text(table: ReleasedTable) -> str:
    """SQL of one text for a whole row, the same in DuckDB and PostgreSQL."""
    exact = [column.name for column in table.columns if column.kind not in INEXACT]
    cells = ", ".join(f"coalesce(cast({quoted(name)} as varchar), chr(30))" for name in exact)
    return f"concat_ws(chr(31), {cells})"


def files_of(folder: Path, audience: str) -> list[Path]:
    """The DuckDB files of one audience in a release's folder."""
    if audience == "private":
        return sorted((folder / "private").glob("*.duckdb"))
    return [folder / f"{audience}.duckdb"]


def read_tables(folder: Path, audience: str) -> list[ReleasedTable]:
    """The tables of an audience, as its first file describes them; all files of districts are of one shape."""
    files = files_of(folder, audience)[:1]
    if not files:
        return []
    with opened(files) as (connection, (alias,)):
        return [
            ReleasedTable(audience, name, comment or "", _columns(connection, alias, name))
            for name, comment in connection.execute(
                "select table_name, comment from duckdb_tables() where database_name = $1 and table_name <> $2 "
                "union all select view_name, comment from duckdb_views() where database_name = $1 and not internal "
                "order by 1",
                [alias, INFO],
            ).fetchall()
        ]


def read_rows(folder: Path, tables: Sequence[ReleasedTable]) -> Iterator[Rows]:
    """The rows of one audience's tables, each table once for every few files; consume each before the next."""
    files = files_of(folder, tables[0].audience) if tables else []
    for start in range(0, len(files), FILES_AT_ONCE):
        with opened(files[start : start + FILES_AT_ONCE]) as (connection, aliases):
            for table in tables:
                if table.is_per_district or start == 0:
                    chosen = aliases if table.is_per_district else aliases[:1]
                    yield Rows(table, connection, _union(table, chosen))


def _union(table: ReleasedTable, aliases: Sequence[str]) -> str:
    return "(" + " union all ".join(f"from {quoted(alias, 'main', table.name)}" for alias in aliases) + ")"


def _columns(connection: duckdb.DuckDBPyConnection, alias: str, table: str) -> tuple[ReleasedColumn, ...]:
    rows = connection.execute(
        "select column_name, data_type, comment from duckdb_columns() where database_name = $1 and table_name = $2 "
        "order by column_index",
        [alias, table],
    ).fetchall()
    return tuple(ReleasedColumn(name, kind, comment or "") for name, kind, comment in rows)


@contextmanager
def opened(files: Sequence[Path]) -> Iterator[tuple[duckdb.DuckDBPyConnection, list[str]]]:
    """A connection with some files attached, read-only, and their names in it."""
    aliases = [f"file_{number}" for number in range(len(files))]
    with ExitStack() as stack:
        connection = stack.enter_context(connect())
        connection.execute("set timezone = 'UTC'")
        for alias, path in zip(aliases, files, strict=True):
            connection.execute(f"attach {literal(str(path))} as {alias} (read_only)")
        yield connection, aliases
