"""Writing a release's files: one DuckDB file per audience and district, and Parquet.

Belongs here: turning a finished build into files, with comments and ``release_info``. Does not belong here: whether
it may be released (``refusals``), whether the files are right (``verification``), and the switch (``release``).

Private files start as a copy of one prepared file that holds the empty tables, the comments and the reference
tables: describing 150 columns anew for each of 400 districts would cost more than their rows.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from expectations.content_hash import columns_of, quoted
from expectations.models import ModelInfo, released_models

BLOCK_SIZE = 16_384
"""DuckDB's smallest block: a private file of ten small tables takes a tenth of the default's space."""

OUT = "release_file"
"""The name under which a file of the release is attached while it is written or read back."""

SOURCE = "warehouse"
"""The name under which the finished build is attached."""


@dataclass(frozen=True)
class ReleaseInfo:
    """What every file of a release says about itself; outside the content hash."""

    release_id: str
    build_id: str
    as_of: str
    selection_hash: str
    config_hash: str
    code_hash: str
    schoolstat_version: str
    released_at: str


def write_artefacts(folder: Path, build_file: Path, models: Sequence[ModelInfo], info: ReleaseInfo) -> None:
    """Write all files of a release into an empty folder."""
    with open_build(build_file) as connection:
        for audience in ("collaborative", "shared"):
            chosen = released_models(list(models), audience)
            with attached(connection, folder / f"{audience}.duckdb"):
                for model in chosen:
                    _create_table(connection, model)
                    _describe(connection, model)
                _write_info(connection, info)
                _write_parquet(connection, folder / "parquet" / audience, chosen)
        _write_private(connection, folder / "private", released_models(list(models), "private"), info)


@contextmanager
def open_build(build_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default database is the finished build, read-only."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(str(build_file))} as {SOURCE} (read_only)")
        connection.execute(f"use {SOURCE}")
        yield connection


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, path: Path, read_only: bool = False) -> Iterator[None]:
    """Attach one file of the release; when written, it is checkpointed before it is let go."""
    options = "read_only" if read_only else f"block_size {BLOCK_SIZE}"
    connection.execute(f"attach {literal(str(path))} as {OUT} ({options})")
    try:
        yield
        if not read_only:
            connection.execute(f"checkpoint {OUT}")
    finally:
        connection.execute(f"detach {OUT}")


def source_of(model: ModelInfo) -> str:
    """The model in the build."""
    return quoted(SOURCE, model.schema, model.name)


def target_of(model: ModelInfo) -> str:
    """The model in the file of the release."""
    return quoted(OUT, "main", model.name)


def is_per_district(connection: duckdb.DuckDBPyConnection, model: ModelInfo) -> bool:
    """Whether the model's rows belong to districts; else it is a reference table, the same for everybody."""
    return "district_id" in [name for name, _ in columns_of(connection, source_of(model))]


def districts_with_rows(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Districts that get a private file: those with at least one admitted delivery."""
    rows = connection.execute(
        f"select distinct district_id from {SOURCE}.build.selection where district_id <> '_all' order by 1"
    ).fetchall()
    return [row[0] for row in rows]


def literal(text: str) -> str:
    """A text for SQL where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def _create_table(connection: duckdb.DuckDBPyConnection, model: ModelInfo, rows: bool = True) -> None:
    condition = "" if rows else "where false"
    order = ", ".join(quoted(column) for column in model.key)
    connection.execute(
        f"create table {target_of(model)} as select * from {source_of(model)} {condition} order by {order}"
    )


def _describe(connection: duckdb.DuckDBPyConnection, model: ModelInfo) -> None:
    connection.execute(f"comment on table {target_of(model)} is {literal(model.description)}")
    present = {name for name, _ in columns_of(connection, target_of(model))}
    for column in model.columns:
        if column.name in present:
            connection.execute(
                f"comment on column {target_of(model)}.{quoted(column.name)} is {literal(column.description)}"
            )


def _write_info(connection: duckdb.DuckDBPyConnection, info: ReleaseInfo) -> None:
    fields = vars(info)
    columns = ", ".join(f"{literal(value)} as {name}" for name, value in fields.items())
    connection.execute(f"create table {OUT}.main.release_info as select {columns}")
    connection.execute(f"comment on table {OUT}.main.release_info is 'One row: the release and build of this file.'")


def _write_parquet(connection: duckdb.DuckDBPyConnection, folder: Path, models: Sequence[ModelInfo]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for model in models:
        target = literal(str(folder / f"{model.name}.parquet"))
        order = ", ".join(quoted(column) for column in model.key)
        connection.execute(
            f"copy (select * from {target_of(model)} order by {order}) to {target} (format parquet, compression zstd)"
        )


def _write_private(
    connection: duckdb.DuckDBPyConnection, folder: Path, models: Sequence[ModelInfo], info: ReleaseInfo
) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o700)
    per_district = [model for model in models if is_per_district(connection, model)]
    template = folder / ".template.duckdb"
    with attached(connection, template):
        for model in models:
            _create_table(connection, model, rows=model not in per_district)
            _describe(connection, model)
        _write_info(connection, info)
    sorted_rows = _sort_by_district(connection, per_district)
    for district_id in districts_with_rows(connection):
        path = folder / f"{district_id}.duckdb"
        shutil.copyfile(template, path)
        with attached(connection, path):
            for model in per_district:
                connection.execute(
                    f"insert into {target_of(model)} select * from {sorted_rows[model.name]} where district_id = ?",
                    [district_id],
                )
    template.unlink()


def _sort_by_district(connection: duckdb.DuckDBPyConnection, models: Sequence[ModelInfo]) -> dict[str, str]:
    """Compute each view once, and lay the rows in order, so that one district's are found without a full scan."""
    names = {}
    for model in models:
        names[model.name] = quoted("temp", "main", f"sorted_{model.name}")
        order = ", ".join(quoted(column) for column in ("district_id", *model.key))
        connection.execute(
            f"create temp table {quoted(f'sorted_{model.name}')} as select * from {source_of(model)} order by {order}"
        )
    return names
