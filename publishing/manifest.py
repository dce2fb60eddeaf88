"""A release's manifest: what it holds, from what, and the hash of every file.

Belongs here: building, writing, reading and checking ``manifest.json``. Does not belong here: writing the files
that it names.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import duckdb

from expectations.content_hash import schema_hash
from expectations.models import ModelInfo
from expectations.receipts import Receipt
from expectations.rules import Registry
from ingestion.archive import hash_file
from ingestion.home import write_atomically
from ingestion.ledger import Ledger
from publishing.artefacts import SOURCE, ReleaseInfo, open_build, source_of
from publishing.contents import FileContents, TableContents, hash_contents, hash_tables

NAME = "manifest.json"
VERSIONED = ("schoolstat", "duckdb", "dbt-core", "dbt-duckdb", "great-expectations", "pyarrow", "sqlalchemy")

Manifest = dict[str, Any]


class ReleaseCorrupt(Exception):
    """A file of a release is not what its manifest says."""


@dataclass(frozen=True)
class CarriedFile:
    """A private file that a new release takes over as it is.

    Attributes:
        path: the file in the current release.
        sha256: hash of its bytes, verified.
        since: the release that wrote it.
    """

    path: Path
    sha256: str
    since: str


def build_manifest(
    folder: Path,
    build_file: Path,
    ledger: Ledger,
    registry: Registry,
    models: Sequence[ModelInfo],
    receipts: Sequence[Receipt],
    contents: FileContents,
    info: ReleaseInfo,
    previous: str | None,
    carried: Mapping[str, CarriedFile],
) -> Manifest:
    """Everything that a reader, or the next release, may want to know about this one.

    Of each file with tables it says since which release the file is the same; an earlier one's was carried over.
    """
    names = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*")) if path.is_file()]
    with open_build(build_file) as connection:
        tables = {model.name: _table(connection, model, receipts[-1]) for model in models if model.audiences}
        inputs = _inputs(connection, ledger)
    return {
        **vars(info),
        "previous_release_id": previous,
        "content_hash": hash_contents(contents),
        "tables": tables,
        "files": {
            name: _file(folder / name, contents.get(name), carried.get(name), info.release_id)
            for name in names
            if name != NAME
        },
        "rules": _rules(registry, receipts),
        "inputs": inputs,
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in VERSIONED}},
    }


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a manifest with its own hash beside its content."""
    content = {**manifest, "sha256": _own_hash(manifest)}
    write_atomically(folder / NAME, json.dumps(content, indent=1, sort_keys=True) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Read a release's manifest.

    Raises:
        ReleaseCorrupt: it is missing, cannot be read, or was changed.
    """
    path = folder / NAME
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        told = manifest.pop("sha256")
    except (OSError, ValueError, KeyError, AttributeError):
        raise ReleaseCorrupt(f"release {folder.name}: its manifest cannot be read") from None
    if told != _own_hash(manifest):
        raise ReleaseCorrupt(f"release {folder.name}: its manifest was changed after the release")
    return manifest


def require_file(folder: Path, manifest: Manifest, name: str) -> Path:
    """A file of a release, if its bytes are those that were released.

    Raises:
        ReleaseCorrupt: they are not.
    """
    path = folder / name
    if not path.is_file() or hash_file(path) != manifest["files"][name]["sha256"]:
        raise ReleaseCorrupt(
            f"release {folder.name}: {name} is missing or not what was released; "
            "go back to an earlier release (schoolstat releases rollback)"
        )
    return path


def _own_hash(manifest: Manifest) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()


def _table(connection: duckdb.DuckDBPyConnection, model: ModelInfo, door_3: Receipt) -> dict[str, Any]:
    content = door_3.tables[model.name]
    return {
        "rows": content.rows,
        "content_hash": content.hash,
        "schema_hash": schema_hash(connection, source_of(model)),
        "audiences": list(model.audiences),
        "key": list(model.key),
    }


def _file(path: Path, tables: TableContents | None, carried: CarriedFile | None, release_id: str) -> dict[str, Any]:
    told = {"sha256": carried.sha256 if carried else hash_file(path), "bytes": path.stat().st_size}
    if tables is None:
        return told
    return {
        **told,
        "unchanged_since": carried.since if carried else release_id,
        "content_hash": hash_tables(tables),
        "rows": {table: content.rows for table, content in tables.items()},
    }


def _rules(registry: Registry, receipts: Sequence[Receipt]) -> list[dict[str, Any]]:
    """Door 1's rules decided each admission and stand in the ledger; the build's stand in its receipts."""
    admission = [{"id": rule.id, "door": 1, "status": "per_delivery"} for rule in registry.expected(1)]
    build = [
        {"id": rule.id, "door": int(receipt.door[-1]), "status": rule.status}
        for receipt in receipts
        for rule in receipt.rules
    ]
    return [*admission, *build]


def _inputs(connection: duckdb.DuckDBPyConnection, ledger: Ledger) -> list[dict[str, Any]]:
    """The deliveries that the build read, with the files that they came in."""
    selected = connection.execute(f"select distinct delivery_id from {SOURCE}.build.selection").fetchall()
    chosen = {row[0] for row in selected}
    names = ("delivery_id", "file_name", "file_sha256", "rows_in", "rows_landed", "rows_rejected", "rows_duplicate")
    return [{name: row[name] for name in names} for row in ledger.deliveries() if row["delivery_id"] in chosen]
