"""What others have seen: each cell of a shared release, kept in the ledger for good.

Belongs here: comparing the shared tables with the last publication and appending what is new or changed. Does not
belong here: deciding what may be shared.

There are hundreds of thousands of cells: DuckDB writes their texts, and each passes as one tuple.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from expectations.content_hash import columns_of, quoted
from ingestion.ledger import Ledger
from ingestion.ledger_tables import publication
from publishing.artefacts import OUT, attached, connect, literal

KIND = "shared_release"
IDENTITY = ("district_id", "metric_id", "school_year")
FIGURES = ("value", "numerator", "denominator", "n")
ROWS_AT_ONCE = 10_000

Cell = tuple[Any, ...]
"""Its key, the id of its publication, its identity, its figures."""


def record_shared_cells(ledger: Ledger, shared_file: Path, manifest: dict[str, Any]) -> int:
    """Append the cells of a shared release that were never published, or differ from their last publication.

    The same release recorded again adds nothing.

    Args:
        ledger: the ledger.
        shared_file: the release's ``shared.duckdb``.
        manifest: the release's manifest.

    Returns:
        The number of cells added.
    """
    seen, release_id = _last_published(ledger), manifest["release_id"]
    told = (KIND, manifest["build_id"], release_id)
    rows = (
        (publication_id, *told, cell_key, *cell, manifest["released_at"])
        for cell_key, publication_id, *cell in _cells(shared_file, release_id, manifest["tables"])
        if seen.get(cell_key) != tuple(cell[len(IDENTITY) :])
    )
    return ledger.record_publications(release_id, rows)


def _last_published(ledger: Ledger) -> dict[str, Cell]:
    """The figures of each cell as others saw them last."""
    columns = (publication.c[name] for name in ("cell_key", *FIGURES))
    query = sa.select(*columns).where(publication.c.kind == KIND).order_by(publication.c.published_at)
    with ledger.engine.connect() as connection:
        return {cell_key: tuple(figures) for cell_key, *figures in connection.execute(query)}


def _cells(shared_file: Path, release_id: str, tables: dict[str, Any]) -> Iterator[Cell]:
    """Every figure of the shared file: its key as text, and its figures as exact text."""
    with connect() as connection, attached(connection, shared_file, read_only=True):
        for name, table in tables.items():
            if "shared" in table["audiences"]:
                columns = {column for column, _ in columns_of(connection, quoted(OUT, "main", name))}
                if {*IDENTITY, "value"} <= columns:
                    reader = connection.execute(_select_cells(name, table["key"], columns, release_id))
                    while rows := reader.fetchmany(ROWS_AT_ONCE):
                        yield from rows


def _select_cells(table: str, key: Sequence[str], columns: set[str], release_id: str) -> str:
    parts = ", ".join(f"{quoted(name)}::varchar" for name in key)
    figures = [f"{quoted(name)}::varchar as {name}" if name in columns else f"null as {name}" for name in FIGURES]
    told = literal(json.dumps([KIND, release_id]).removesuffix("]"))
    return (
        f"select {literal(table + ':')} || to_json([{parts}])::varchar as cell_key, "
        f"sha256({told} || ', ' || to_json(cell_key)::varchar || ']')[:32] as publication_id, "
        f"{', '.join([*IDENTITY, *figures])} from {quoted(OUT, 'main', table)}"
    )
