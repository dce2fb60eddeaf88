"""What others have seen: each cell of a shared release, kept in the ledger for good.

Belongs here: comparing the shared tables with the last publication and appending what is new or changed. Does not
belong here: deciding what may be shared.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from expectations.content_hash import columns_of, quoted
from ingestion.ledger import Ledger
from ingestion.ledger_tables import publication

KIND = "shared_release"
FIGURES = ("value", "numerator", "denominator", "n")


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
    told = {
        "kind": KIND,
        "build_id": manifest["build_id"],
        "release_id": release_id,
        "published_at": manifest["released_at"],
    }
    rows = [
        {"publication_id": _identify(release_id, cell["cell_key"]), **told, **cell}
        for cell in _cells(shared_file, manifest["tables"])
        if seen.get(cell["cell_key"]) != _figures(cell)
    ]
    return ledger.record_publications(rows)


def _identify(release_id: str, cell_key: str) -> str:
    return hashlib.sha256(json.dumps([KIND, release_id, cell_key]).encode()).hexdigest()[:32]


def _figures(cell: dict[str, Any]) -> tuple[str | None, ...]:
    return tuple(cell[name] for name in FIGURES)


def _last_published(ledger: Ledger) -> dict[str, tuple[str | None, ...]]:
    """The figures of each cell as others saw them last; there are hundreds of thousands, so no row becomes a dict."""
    columns = (publication.c[name] for name in ("cell_key", *FIGURES))
    query = sa.select(*columns).where(publication.c.kind == KIND).order_by(publication.c.published_at)
    with ledger.engine.connect() as connection:
        return {cell_key: tuple(figures) for cell_key, *figures in connection.execute(query)}


def _cells(shared_file: Path, tables: dict[str, Any]) -> list[dict[str, Any]]:
    """Every figure of the shared file: its key as text, and its figures as exact text."""
    cells = []
    with duckdb.connect(str(shared_file), read_only=True) as connection:
        for name, table in tables.items():
            if "shared" in table["audiences"]:
                columns = {column for column, _ in columns_of(connection, quoted("main", name))}
                if {"district_id", "metric_id", "school_year", "value"} <= columns:
                    cells += _cells_of(connection, name, table["key"], columns)
    return cells


def _cells_of(
    connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str], columns: set[str]
) -> list[dict[str, Any]]:
    parts = ", ".join(f"{quoted(name)}::varchar" for name in key)
    figures = [f"{quoted(name)}::varchar as {name}" if name in columns else f"null as {name}" for name in FIGURES]
    reader = connection.execute(
        f"select to_json([{parts}])::varchar as cell_key, district_id, metric_id, school_year, {', '.join(figures)} "
        f"from {quoted('main', table)} order by 1"
    )
    names = [column[0] for column in reader.description or []]
    return [{**dict(zip(names, row, strict=True)), "cell_key": f"{table}:{row[0]}"} for row in reader.fetchall()]
