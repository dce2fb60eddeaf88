"""Reading the files of the staff and of everybody back, and comparing them with what the doors saw.

Belongs here: opening these files read-only and hashing their tables. Does not belong here: writing them, the districts'
files (``private_files``, ``private_verification``), or the manifest's own form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from expectations.content_hash import (
    Content,
    hash_content,
    hash_content_by_district,
    is_same_rows,
    quoted,
)
from expectations.models import ModelInfo, order_by_rows, released_models
from expectations.receipts import TableContent
from expectations.shown_views import ShownView, hash_view, row_by_row_views
from publishing.artefacts import OUT, attached, connect, target_of
from publishing.contents import DistrictContents, FileContents, TableContents, require_same


def read_back_audiences(
    folder: Path, models: Sequence[ModelInfo], receipt_tables: Mapping[str, TableContent]
) -> tuple[FileContents, DistrictContents]:
    """Hash the tables of the files of the staff and of everybody, and compare them with what door 3 saw.

    Args:
        folder: the release's folder.
        models: all models.
        receipt_tables: what door 3 saw.

    Returns:
        What the files hold, and, of the staff's tables that districts get too, what each district's rows hold.

    Raises:
        ReleaseRefused: a table differs from what door 3 saw.
    """
    contents: FileContents = {}
    districts: DistrictContents = {}
    for audience in ("collaborative", "shared"):
        contents[f"{audience}.duckdb"] = found = {}
        with connect() as connection, attached(connection, folder / f"{audience}.duckdb", read_only=True):
            shown = row_by_row_views(connection, models, OUT, "main")
            of_districts = districts if audience == "collaborative" else {}
            for model in order_by_rows(released_models(list(models), audience)):
                found[model.name] = _hash_table(connection, model, shown, found, of_districts)
                require_same(model, audience, found[model.name], receipt_tables)
    return contents, districts


def _hash_table(
    connection: duckdb.DuckDBPyConnection,
    model: ModelInfo,
    shown: Mapping[str, ShownView],
    found: TableContents,
    districts: DistrictContents,
) -> Content:
    """A table as a reader finds it, without the build, so that a view shows what lies in the file.

    Args:
        connection: holds the file.
        model: the table or view.
        shown: the models of which every file holds a view alone, and the tables that these read.
        found: the tables that were hashed before this one.
        districts: gets what each district's rows hold, where the model's rows belong to districts.
    """
    table = model.rows_of or ""
    if model.name in shown:
        return hash_view(connection, (OUT, "main", model.name), shown[model.name], found[table])
    if table in found and is_same_rows(connection, target_of(model), quoted(OUT, "main", table)):
        districts[model.name] = districts.get(table, {})
        return found[table]
    if model.key[0] != "district_id":
        return hash_content(connection, target_of(model), model.key)
    content, districts[model.name] = hash_content_by_district(connection, target_of(model), model.key)
    return content
