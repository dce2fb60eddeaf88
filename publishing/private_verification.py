"""Reading the districts' private files back, and comparing each with what it must hold.

Belongs here: the columns, views and rows of every private file. Does not belong here: writing the files and what they
must hold (``private_files``), and the other audiences (``verification``).

Hundreds of files are read some at a time. That the staff's tables hold what door 3 saw is proven by their SHA-256; a
private file holds its district's rows of them if both have as many rows, and the same sum of the rows' hashes that
DuckDB makes of every cell. To lay out the cells of each file anew, as is done for the staff's, would prove no more of
a copy, and cost more than all else of reading it back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from expectations.content_hash import columns_of, quoted
from expectations.models import ModelInfo, released_models
from expectations.shown_views import in_schema, row_by_row_views, view_bodies
from publishing.artefacts import (
    OUT,
    SOURCE,
    attached,
    connect,
    literal,
    open_build,
    select_no_rows,
    source_of,
    split_views,
    target_of,
)
from publishing.contents import FileContents
from publishing.private_files import models_without_rows
from publishing.refusals import ReleaseRefused

FILES_AT_ONCE = 64

Rows = tuple[int, int]
"""How many rows there are, and the sum of their hashes: other rows have another sum, but for one in 2^64 (no released
column is a list: an empty one would be NULL's equal)."""

NO_ROWS: Rows = (0, 0)

ROW = quoted("the row")  # no column is called so
SUMMED = f"count(*), coalesce(sum(hash({ROW})), 0)"


def read_back_private(
    folder: Path, build_file: Path, models: Sequence[ModelInfo], private: FileContents, carried: Collection[str] = ()
) -> None:
    """Compare the tables of every private file with what they must hold.

    Args:
        folder: the release's folder; the staff's file in it was read back.
        build_file: the finished build.
        models: all models.
        private: what each private file must hold.
        carried: private files whose very bytes were read back for an earlier release.

    Raises:
        ReleaseRefused: rows are missing, doubled or changed.
    """
    written = sorted(name for name in private if name not in carried)
    if not written:
        return
    chosen = released_models(list(models), "private")
    empty = models_without_rows(models, [private[name] for name in written])
    with open_build(build_file) as connection:
        schemas = {model.name: columns_of(connection, source_of(model)) for model in chosen}
        bodies, followed = _views_wanted(connection, models, chosen)
        tables, without_rows = _catalog_without_rows(
            {name: columns for name, columns in schemas.items() if name not in bodies}, [model.name for model in empty]
        )
        read = [model for model in chosen if model.name not in followed | set(without_rows)]
        with attached(connection, folder / "collaborative.duckdb", read_only=True):
            rows = {model.name: _rows_wanted(connection, model, schemas[model.name], written) for model in read}
    for names in _some_at_a_time(written):
        with connect() as connection:
            attached_as = _attach(connection, folder, names)
            _require_tables(connection, attached_as, tables)
            _require_views(connection, attached_as, bodies | without_rows)
            for model in read:
                _require_rows(model, _rows_found(connection, model, attached_as), rows[model.name], private)


def _views_wanted(
    connection: duckdb.DuckDBPyConnection, models: Sequence[ModelInfo], chosen: Sequence[ModelInfo]
) -> tuple[dict[str, str], set[str]]:
    """The SQL of each view of a private file, and those whose rows follow from it and from their table."""
    texts = view_bodies(connection, SOURCE)
    views = split_views(chosen)[1]
    bodies = {view.name: in_schema(texts[view.schema, view.name], str(view.rows_of), "main") for view in views}
    return bodies, set(row_by_row_views(connection, models, SOURCE)) & set(bodies)


def _rows_wanted(
    connection: duckdb.DuckDBPyConnection, model: ModelInfo, columns: Sequence[tuple[str, str]], names: Sequence[str]
) -> dict[str, Rows]:
    """What each file must hold of a table: its district's rows, or all of a table that is the same for everybody.

    They are taken from the staff's file, or from the build where the staff have no such table.
    """
    relation = target_of(model) if "collaborative" in model.audiences else source_of(model)
    if "district_id" not in dict(columns):
        rows, total = connection.execute(f"select {SUMMED} from {relation} as {ROW}").fetchall()[0]
        return dict.fromkeys(names, (rows, total))
    districts = {Path(name).stem: name for name in names}
    found = connection.execute(
        f"select district_id, {SUMMED} from {relation} as {ROW} "
        "where district_id in (select unnest($1)) group by district_id",
        [list(districts)],
    ).fetchall()
    return dict.fromkeys(names, NO_ROWS) | {districts[district]: (rows, total) for district, rows, total in found}


def _attach(connection: duckdb.DuckDBPyConnection, folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Attach files read-only; gives the name that each has in SQL."""
    attached_as = {name: f"file_{number}" for number, name in enumerate(names)}
    for name, alias in attached_as.items():
        connection.execute(f"attach {literal(str(folder / name))} as {alias} (read_only)")
    return attached_as


def _some_at_a_time(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), FILES_AT_ONCE):
        yield names[start : start + FILES_AT_ONCE]


def _catalog_without_rows(
    schemas: Mapping[str, Sequence[tuple[str, str]]], empty: Collection[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The SQL of tables, and of views, of these columns without a row, as DuckDB writes it of those in a file."""
    with TemporaryDirectory() as folder, connect() as connection:
        path = Path(folder) / "catalog.duckdb"
        with attached(connection, path):
            for name, columns in schemas.items():
                kind = "view" if name in empty else "table"
                connection.execute(f"create {kind} {quoted(OUT, 'main', name)} as {select_no_rows(columns)}")
        with attached(connection, path, read_only=True):
            tables = {name: sql for _, name, sql in _tables(connection) if name in schemas}
            return tables, {name: body for (_, name), body in view_bodies(connection, OUT).items()}


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Database, name and SQL of each table; the SQL says its columns and their types."""
    return connection.execute(
        "select database_name, table_name, sql from duckdb_tables() where not internal"
    ).fetchall()


def _require_tables(
    connection: duckdb.DuckDBPyConnection, attached_as: Mapping[str, str], tables: Mapping[str, str]
) -> None:
    """The very columns and types of the build: rows are summed over these."""
    found = {(alias, table): sql for alias, table, sql in _tables(connection)}
    for name, alias in attached_as.items():
        for table, sql in tables.items():
            if found.get((alias, table)) != sql:
                raise ReleaseRefused(f"{table} ({name}): its columns are not those of the build")


def _require_views(
    connection: duckdb.DuckDBPyConnection, attached_as: Mapping[str, str], bodies: Mapping[str, str]
) -> None:
    """The very views of the build, and no table in the place of one: what they show then follows from the tables."""
    rows = connection.execute("select database_name, view_name, sql from duckdb_views() where not internal").fetchall()
    found = {(alias, view): sql.partition(" AS ")[2] for alias, view, sql in rows}
    for name, alias in attached_as.items():
        for view, body in bodies.items():
            if found.get((alias, view)) != body:
                raise ReleaseRefused(f"{view} ({name}): it is not the view of the build")


def _rows_found(
    connection: duckdb.DuckDBPyConnection, model: ModelInfo, attached_as: Mapping[str, str]
) -> dict[str, Rows]:
    """What each attached file holds of a table."""
    summed = " union all ".join(
        f"(select {literal(name)}, {SUMMED} from {quoted(alias, 'main', model.name)} as {ROW})"
        for name, alias in attached_as.items()
    )
    connection.execute("pragma disable_optimizer")  # there is nothing to optimize, and it costs most
    found = connection.execute(summed).fetchall()
    connection.execute("pragma enable_optimizer")
    return {name: (rows, total) for name, rows, total in found}


def _require_rows(
    model: ModelInfo, found: Mapping[str, Rows], wanted: Mapping[str, Rows], private: FileContents
) -> None:
    for name, rows in found.items():
        if rows != wanted[name] or rows[0] != private[name][model.name].rows:
            raise ReleaseRefused(
                f"{model.name} ({name.removesuffix('.duckdb')}): its rows are not those of the district in the build"
            )
