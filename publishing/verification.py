"""Reading a finished release back, and comparing it with what the doors saw.

Belongs here: opening every file of a release read-only and hashing its tables. Does not belong here: writing
them, or the manifest's own form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import duckdb

from expectations.content_hash import Content, hash_content, hash_content_by_district
from expectations.models import ModelInfo, released_models
from expectations.receipts import TableContent
from publishing.artefacts import attached, districts_with_rows, is_per_district, open_build, source_of, target_of
from publishing.refusals import ReleaseRefused

FileContents = dict[str, dict[str, Content]]
"""For each file of a release, by its path in it: the content of each table."""


def read_back(
    folder: Path, build_file: Path, models: Sequence[ModelInfo], receipt_tables: dict[str, TableContent]
) -> FileContents:
    """Hash the tables of every DuckDB file of a release and compare them with door 3's receipt.

    Raises:
        ReleaseRefused: a table differs from what door 3 saw, or rows are missing or doubled.
    """
    contents: FileContents = {}
    with open_build(build_file) as connection:
        for audience in ("collaborative", "shared"):
            chosen = released_models(list(models), audience)
            contents[f"{audience}.duckdb"] = found = _hash_file(connection, folder / f"{audience}.duckdb", chosen)
            for model in chosen:
                _require_same(model, audience, found[model.name], receipt_tables)
        contents |= _read_private_back(connection, folder, released_models(list(models), "private"), receipt_tables)
    return contents


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _require_same(model: ModelInfo, where: str, found: Content, receipt_tables: dict[str, TableContent]) -> None:
    seen = receipt_tables.get(model.name)
    if seen is None:
        raise ReleaseRefused(f"{model.name}: door 3's receipt does not name this table, so nobody has checked it")
    if (seen.hash, seen.rows) != (found.hash, found.rows):
        raise ReleaseRefused(
            f"{model.name} ({where}): its content is not what door 3 checked "
            f"({found.rows} rows now, {seen.rows} then); the build was changed after the door. Refresh again."
        )


def _hash_file(connection: duckdb.DuckDBPyConnection, path: Path, models: Sequence[ModelInfo]) -> dict[str, Content]:
    with attached(connection, path, read_only=True):
        return {model.name: hash_content(connection, target_of(model), model.key) for model in models}


def _read_private_back(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    models: Sequence[ModelInfo],
    receipt_tables: dict[str, TableContent],
) -> FileContents:
    """Each private file holds exactly its district's rows, and together with the rows of others they are all."""
    districts = districts_with_rows(connection)
    contents = {
        name: _hash_file(connection, folder / name, models)
        for name in (f"private/{district_id}.duckdb" for district_id in districts)
    }
    for model in models:
        found = {district: contents[f"private/{district}.duckdb"][model.name] for district in districts}
        whole = hash_content(connection, source_of(model), model.key)
        _require_same(model, "build", whole, receipt_tables)
        if is_per_district(connection, model):
            _require_own_rows(model, found, hash_content_by_district(connection, source_of(model), model.key), whole)
        else:
            for district, content in found.items():
                _require_same(model, f"private/{district}", content, receipt_tables)
    return contents


def _require_own_rows(model: ModelInfo, found: dict[str, Content], wanted: dict[str, Content], whole: Content) -> None:
    for district, content in found.items():
        own = wanted.get(district)
        if (own is None and content.rows) or (own is not None and content != own):
            raise ReleaseRefused(
                f"{model.name} (private/{district}): its rows are not those of the district in the build"
            )
    elsewhere = sum(content.rows for district, content in wanted.items() if district not in found)
    if sum(content.rows for content in found.values()) + elsewhere != whole.rows:
        raise ReleaseRefused(f"{model.name}: the private files miss rows of the build, or hold some twice")
