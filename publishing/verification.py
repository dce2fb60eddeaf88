"""Reading a finished release back, and comparing it with what the doors saw.

Belongs here: opening every file of a release read-only and hashing its tables. Does not belong here: writing
them, what a private file must hold (``private_files``), or the manifest's own form.

Hundreds of private files are read back some at a time: their rows are gathered in memory and hashed together, since a
statement over one small table costs more than its rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from expectations.content_hash import (
    Content,
    columns_of,
    hash_content,
    hash_content_by,
    hash_content_by_district,
    heading,
    is_same_rows,
    quoted,
)
from expectations.models import ModelInfo, order_by_rows, released_models
from expectations.receipts import TableContent
from expectations.shown_views import ShownView, hash_view, row_by_row_views, view_bodies
from publishing.artefacts import (
    OUT,
    SOURCE,
    attached,
    connect,
    literal,
    open_build,
    select_no_rows,
    source_of,
    target_of,
)
from publishing.contents import DistrictContents, FileContents, TableContents, require_same
from publishing.private_files import models_without_rows
from publishing.refusals import ReleaseRefused

FILES_AT_ONCE = 64
IN_FILE = "release_file_name"
"""The column beside gathered rows that says which file they lay in."""

NOT_THE_SAME = Content("", 0)
"""Stands for rows of which only that they differ is known."""


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


def read_back_private(
    folder: Path, build_file: Path, models: Sequence[ModelInfo], private: FileContents, carried: Collection[str] = ()
) -> None:
    """Hash the tables of every private file and compare them with what they must hold.

    Args:
        folder: the release's folder.
        build_file: the finished build.
        models: all models.
        private: what each private file must hold.
        carried: private files whose very bytes were read back for an earlier release.

    Raises:
        ReleaseRefused: rows are missing, doubled or changed.
    """
    chosen = released_models(list(models), "private")
    written = sorted(name for name in private if name not in carried)
    empty = models_without_rows(models, [private[name] for name in written])
    with open_build(build_file) as connection:
        schemas = {model.name: columns_of(connection, source_of(model)) for model in chosen}
        shown = row_by_row_views(connection, models, SOURCE)
        bodies = {model.name: shown[model.name].over("main") for model in chosen if model.name in shown}
    bodies |= _bodies_without_rows({model.name: schemas[model.name] for model in empty})
    for names in _some_at_a_time(written):
        _require_private(folder, names, chosen, schemas, bodies, private)


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


def _some_at_a_time(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), FILES_AT_ONCE):
        yield names[start : start + FILES_AT_ONCE]


def _require_private(
    folder: Path,
    names: Sequence[str],
    models: Sequence[ModelInfo],
    schemas: Mapping[str, list[tuple[str, str]]],
    bodies: Mapping[str, str],
    private: FileContents,
) -> None:
    """Each private file holds exactly what it must: its district's rows, the reference tables, and views of them."""
    with connect() as connection:
        attached_as = {name: f"file_{number}" for number, name in enumerate(names)}
        for name, alias in attached_as.items():
            connection.execute(f"attach {literal(str(folder / name))} as {alias} (read_only)")
        _require_schemas(connection, attached_as, schemas)
        _require_views(connection, attached_as, bodies)
        for model in [model for model in models if model.name not in bodies]:
            if "district_id" in dict(schemas[model.name]):
                gathered = _gather(connection, model, attached_as)
                found = hash_content_by(connection, gathered, model.key, IN_FILE, names)
                connection.execute(f"drop table {gathered}")
                _require_rows(model, found, private)
            else:
                _require_reference(connection, model, attached_as, private)


def _require_schemas(
    connection: duckdb.DuckDBPyConnection,
    attached_as: Mapping[str, str],
    schemas: Mapping[str, list[tuple[str, str]]],
) -> None:
    """The very columns and types of the build: gathering rows would convert others without a word."""
    rows = connection.execute(
        "select database_name, table_name, string_agg(column_name || ' ' || data_type, chr(10) order by column_index) "
        "from duckdb_columns() where not internal group by all"
    ).fetchall()
    found = {(alias, table): columns for alias, table, columns in rows}
    for name, alias in attached_as.items():
        for table, columns in schemas.items():
            if found.get((alias, table)) != heading(columns).decode():
                raise ReleaseRefused(f"{table} ({name}): its columns are not those of the build")


def _bodies_without_rows(schemas: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, str]:
    """The SQL of views of these columns without a row, as DuckDB writes it of a view that lies in a file."""
    with TemporaryDirectory() as folder, connect() as connection:
        path = Path(folder) / "views.duckdb"
        with attached(connection, path):
            for name, columns in schemas.items():
                connection.execute(f"create view {quoted(OUT, 'main', name)} as {select_no_rows(columns)}")
        with attached(connection, path, read_only=True):
            return {name: body for (_, name), body in view_bodies(connection, OUT).items()}


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


def _gather(connection: duckdb.DuckDBPyConnection, model: ModelInfo, attached_as: Mapping[str, str]) -> str:
    """Copy a table's rows of all attached files into one, each with its file's name; gives the table's name."""
    gathered = quoted("memory", "main", model.name)
    rows = " union all ".join(
        f"select {literal(name)} as {IN_FILE}, * from {quoted(alias, 'main', model.name)}"
        for name, alias in attached_as.items()
    )
    connection.execute("pragma disable_optimizer")  # there is nothing to optimize, and it costs most
    connection.execute(f"create table {gathered} as {rows}")
    connection.execute("pragma enable_optimizer")
    return gathered


def _require_reference(
    connection: duckdb.DuckDBPyConnection, model: ModelInfo, attached_as: Mapping[str, str], private: FileContents
) -> None:
    """A table that is the same for everybody: hashed in one file, and held against that one in the others."""
    left, right = quoted("the one"), quoted("the other")  # no column is called so
    places = {name: quoted(alias, "main", model.name) for name, alias in attached_as.items()}
    (_, held), *others = places.items()
    content = hash_content(connection, held, model.key)
    compared = " union all ".join(
        f"(select {literal(name)} from {place} as {left} positional join {held} as {right} "
        f"where {left} is distinct from {right} limit 1)"
        for name, place in others
    )
    connection.execute("pragma disable_optimizer")
    differing = {row[0] for row in connection.execute(compared).fetchall()} if others else set()
    connection.execute("pragma enable_optimizer")
    _require_rows(model, {name: NOT_THE_SAME if name in differing else content for name in attached_as}, private)


def _require_rows(model: ModelInfo, found: Mapping[str, Content], private: FileContents) -> None:
    for name, content in found.items():
        if content != private[name][model.name]:
            raise ReleaseRefused(
                f"{model.name} ({name.removesuffix('.duckdb')}): its rows are not those of the district in the build"
            )
