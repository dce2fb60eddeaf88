"""What others have seen: each cell of a shared release, kept in the ledger for good.

Belongs here: comparing the shared tables with the last publication and appending what is new or changed. Does not
belong here: deciding what may be shared.

There are hundreds of thousands of cells: DuckDB writes their rows of the ledger, and each passes as it is. A cell that
stands unchanged in the release recorded last was published as it is then or before; only the others are looked up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from expectations.content_hash import columns_of, quoted
from ingestion.ledger import Ledger
from ingestion.ledger_tables import publication
from publishing.artefacts import OUT, attached, connect, literal

KIND = "shared_release"
IDENTITY = ("district_id", "metric_id", "school_year")
FIGURES = ("value", "numerator", "denominator", "n")
ROWS_AT_ONCE = 10_000
LAST = "recorded_last"
"""The name under which the shared file of the release recorded last is attached."""

Cell = tuple[Any, ...]
"""Its row of the ledger: the columns of the table of publications, in their order."""

CELL_KEY = publication.columns.keys().index("cell_key")
SHOWN = slice(publication.columns.keys().index(FIGURES[0]), publication.columns.keys().index(FIGURES[-1]) + 1)
"""Where the key and the figures stand in a cell."""


def record_shared_cells(
    ledger: Ledger, shared_file: Path, manifest: dict[str, Any], recorded_last: Path | None = None
) -> int:
    """Append the cells of a shared release that were never published, or differ from their last publication.

    The same release recorded again adds nothing.

    Args:
        ledger: the ledger.
        shared_file: the release's ``shared.duckdb``.
        manifest: the release's manifest.
        recorded_last: the ``shared.duckdb`` of the release that the ledger recorded last, as it was released.

    Returns:
        The number of cells added.
    """
    every = _last_published(ledger) if recorded_last is None else None
    rows = (
        cell
        for cells in _cells(shared_file, manifest, recorded_last)
        for cell in _unseen(cells, _last_published(ledger, _keys(cells)) if every is None else every)
    )
    return ledger.record_publications(manifest["release_id"], rows)


def _keys(cells: Sequence[Cell]) -> list[str]:
    return [cell[CELL_KEY] for cell in cells]


def _unseen(cells: Sequence[Cell], seen: Mapping[str, Cell]) -> Sequence[Cell]:
    """Cells that were not published last with just these figures."""
    if not seen:
        return cells
    return [cell for cell in cells if seen.get(cell[CELL_KEY]) != cell[SHOWN]]


def _last_published(ledger: Ledger, cell_keys: Sequence[str] | None = None) -> dict[str, Cell]:
    """The figures of these cells, or of all, as others saw them last."""
    columns = (publication.c[name] for name in ("cell_key", *FIGURES))
    query = sa.select(*columns).where(publication.c.kind == KIND).order_by(publication.c.published_at)
    if cell_keys is not None:
        query = query.where(publication.c.cell_key.in_(cell_keys))
    with ledger.engine.connect() as connection:
        return {cell_key: tuple(figures) for cell_key, *figures in connection.execute(query)}


def _cells(shared_file: Path, manifest: dict[str, Any], recorded_last: Path | None) -> Iterator[list[Cell]]:
    """Cells of the shared file that the other one does not have: the key as text, and the figures as exact text."""
    with ExitStack() as stack:
        connection = stack.enter_context(connect())
        stack.enter_context(attached(connection, shared_file, read_only=True))
        if recorded_last is not None:
            connection.execute(f"attach {literal(str(recorded_last))} as {LAST} (read_only)")
        for name, table in manifest["tables"].items():
            if "shared" in table["audiences"]:
                columns = columns_of(connection, quoted(OUT, "main", name))
                if {*IDENTITY, "value"} <= {column for column, _ in columns}:
                    source = _changed(connection, name, table["key"], columns)
                    reader = connection.execute(_select_cells(name, source, table["key"], columns, manifest))
                    while rows := reader.fetchmany(ROWS_AT_ONCE):
                        yield rows


def _changed(
    connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str], columns: Sequence[tuple[str, str]]
) -> str:
    """The table's cells, without those that stand in the other file just so; all where that has no such table."""
    found = connection.execute(
        "select column_name, data_type from duckdb_columns() where (database_name, table_name) = (?, ?) "
        "order by column_index",
        [LAST, table],
    ).fetchall()
    if found != columns:
        return quoted(OUT, "main", table)
    names = dict.fromkeys([*key, *IDENTITY, *(name for name, _ in columns if name in FIGURES)])
    cells = ", ".join(quoted(name) for name in names)
    now, then = (f"select {cells} from {quoted(file, 'main', table)}" for file in (OUT, LAST))
    return f"({now} except {then})"


def _select_cells(
    table: str, source: str, key: Sequence[str], columns: Sequence[tuple[str, str]], manifest: dict[str, Any]
) -> str:
    present = {name for name, _ in columns}
    parts = ", ".join(f"{quoted(name)}::varchar" for name in key)
    told = literal(json.dumps([KIND, manifest["release_id"]]).removesuffix("]"))
    cell_key = f"({literal(table + ':')} || to_json([{parts}])::varchar)"
    cell = {
        "publication_id": f"sha256({told} || ', ' || to_json({cell_key})::varchar || ']')[:32]",
        "kind": literal(KIND),
        "build_id": literal(manifest["build_id"]),
        "release_id": literal(manifest["release_id"]),
        "cell_key": cell_key,
        **{name: quoted(name) for name in IDENTITY},
        **{name: f"{quoted(name)}::varchar" if name in present else "null" for name in FIGURES},
        "published_at": literal(manifest["released_at"]),
    }
    return (
        f"select {', '.join(f'{cell[column.name]} as {column.name}' for column in publication.columns)} from {source}"
    )
