"""Writing a release's files: one DuckDB file per audience, and Parquet.

Belongs here: turning a finished build into files, with comments and ``release_info``. Does not belong here: the
districts' private files (``private_files``), whether it may be released (``refusals``), whether the files are right
(``verification``), and the switch (``release``).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from expectations.content_hash import columns_of, is_same_rows, lies_in_order, quoted
from expectations.models import ModelInfo, order_by_rows, released_models
from expectations.shown_views import Bodies, in_schema, view_bodies

FILE_FORMAT = "block_size 16384, storage_version 'v1.2.0'"
"""DuckDB's smallest block, and the oldest form that keeps statistics small: a private file of ten small tables takes a
tenth of the default's space and half of its time. Readers need DuckDB 1.2 or newer."""

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


def write_audiences(folder: Path, build_file: Path, models: Sequence[ModelInfo], info: ReleaseInfo) -> None:
    """Write the files of the collaborative's staff and of everybody else into an empty folder."""
    with open_build(build_file) as connection:
        bodies = view_bodies(connection, SOURCE)
        for audience in ("collaborative", "shared"):
            held, shown = split_views(released_models(list(models), audience))
            with attached(connection, folder / f"{audience}.duckdb"):
                connection.execute("begin")  # each comment that is committed alone costs as much as a small table
                for model in held:
                    create_table(connection, model)
                    describe(connection, model)
                for model in shown:
                    create_view(connection, model, bodies)
                    describe(connection, model, is_view=True)
                write_info(connection, info)
                connection.execute("commit")
                _write_parquet(connection, folder / "parquet" / audience, held, shown)


def connect() -> duckdb.DuckDBPyConnection:
    """A connection of one thread: a second one costs half as much again for tables of this size, and is no quicker."""
    return duckdb.connect(config={"threads": 1})


@contextmanager
def open_build(build_file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose default database is the finished build, read-only."""
    with connect() as connection:
        connection.execute(f"attach {literal(str(build_file))} as {SOURCE} (read_only)")
        connection.execute(f"use {SOURCE}")
        yield connection


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, path: Path, read_only: bool = False) -> Iterator[None]:
    """Attach one file of the release; when written, it is checkpointed before it is let go."""
    options = "read_only" if read_only else FILE_FORMAT
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


def split_views(models: Sequence[ModelInfo]) -> tuple[list[ModelInfo], list[ModelInfo]]:
    """Models whose rows a file holds, and those that show rows of them; each of these follows the one it shows."""
    names = {model.name for model in models}
    shown = [model for model in order_by_rows(models) if model.rows_of in names]
    return [model for model in models if model not in shown], shown


def literal(text: str) -> str:
    """A text for SQL where DuckDB takes no parameter."""
    return "'" + text.replace("'", "''") + "'"


def create_table(connection: duckdb.DuckDBPyConnection, model: ModelInfo, rows: bool = True) -> None:
    """Copy a model into the file of the release, in order of its key, or its columns alone."""
    part = order_by_key(connection, source_of(model), model) if rows else "where false"
    connection.execute(f"create table {target_of(model)} as select * from {source_of(model)} {part}")


def order_by_key(connection: duckdb.DuckDBPyConnection, relation: str, model: ModelInfo) -> str:
    """What puts rows in the order of the key; nothing where they lie so, as to see that costs less than to sort."""
    columns = ", ".join(quoted(column) for column in model.key)
    return "" if lies_in_order(connection, relation, model.key) else f"order by {columns}"


def create_view(connection: duckdb.DuckDBPyConnection, model: ModelInfo, bodies: Bodies) -> None:
    """Show rows of another table of the file, as the build's view does, instead of writing them twice."""
    body = in_schema(bodies[model.schema, model.name], str(model.rows_of), "main")
    connection.execute(f"create view {target_of(model)} as {body}")


def create_empty_view(connection: duckdb.DuckDBPyConnection, model: ModelInfo) -> None:
    """Show a model's columns without a row: what costs least in a file, written and read back."""
    columns = columns_of(connection, source_of(model))
    connection.execute(f"create view {target_of(model)} as {select_no_rows(columns)}")
    connection.execute(f"comment on view {target_of(model)} is {literal(model.description)}")


def select_no_rows(columns: Sequence[tuple[str, str]]) -> str:
    """The SQL of such a view."""
    return f"select {', '.join(f'cast(null as {kind}) as {quoted(name)}' for name, kind in columns)} where false"


def describe(connection: duckdb.DuckDBPyConnection, model: ModelInfo, is_view: bool = False) -> None:
    """Write what the yml says of a model and its columns into the file of the release, as comments."""
    kind = "view" if is_view else "table"
    connection.execute(f"comment on {kind} {target_of(model)} is {literal(model.description)}")
    present = {name for name, _ in columns_of(connection, target_of(model))}
    for column in model.columns:
        if column.name in present:
            connection.execute(
                f"comment on column {target_of(model)}.{quoted(column.name)} is {literal(column.description)}"
            )


def write_info(
    connection: duckdb.DuckDBPyConnection,
    info: ReleaseInfo,
    comment: str = "One row: the release and build of this file.",
) -> None:
    """Write the table that names the release."""
    fields = vars(info)
    columns = ", ".join(f"{literal(value)} as {name}" for name, value in fields.items())
    connection.execute(f"create table {OUT}.main.release_info as select {columns}")
    connection.execute(f"comment on table {OUT}.main.release_info is {literal(comment)}")


def link(source: Path, target: Path) -> None:
    """Give a finished file another name."""
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links: the same bytes, twice on disk
        shutil.copyfile(source, target)


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, folder: Path, held: Sequence[ModelInfo], shown: Sequence[ModelInfo]
) -> None:
    """Each model whole, in order of its key, in which the tables lie already; the same rows are written once."""
    folder.mkdir(parents=True, exist_ok=True)
    by_name = {model.name: model for model in [*held, *shown]}
    for model in by_name.values():
        target, table = folder / f"{model.name}.parquet", by_name.get(model.rows_of or "")
        if model in shown and table is not None and _shows_whole(connection, model, table):
            link(folder / f"{table.name}.parquet", target)
            continue
        order = order_by_key(connection, target_of(model), model) if model in shown else ""
        connection.execute(
            f"copy (select * from {target_of(model)} {order}) to {literal(str(target))} "
            "(format parquet, compression zstd)"
        )


def _shows_whole(connection: duckdb.DuckDBPyConnection, model: ModelInfo, table: ModelInfo) -> bool:
    """Whether a view shows every row of its table as it is: seen in the rows, not told by the SQL."""
    return model.key == table.key and is_same_rows(connection, target_of(model), target_of(table))
