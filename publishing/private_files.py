"""The districts' private files: what each must hold, which stay as they are, and writing the others.

Belongs here: one DuckDB file per district with its rows alone. Does not belong here: reading the files back
(``private_verification``) and the other audiences (``artefacts``).

A file whose district's content did not change is not written again: the new release links to the current release's.
The others start as a copy of one prepared file that holds the empty tables, the comments and the reference tables:
describing 150 columns anew for each of 400 districts would cost more than their rows. A model of which none of them has
a row is a view there, of its columns and no row: an empty table costs twice as much in each file, and is read back for
nothing. A file that gets rows of it later is written anew anyhow.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import duckdb

from expectations.content_hash import (
    Content,
    columns_of,
    hash_content_by_district,
    hash_no_rows,
    quoted,
)
from expectations.models import ModelInfo, order_by_rows, released_models
from expectations.receipts import TableContent
from expectations.shown_views import ShownView, content_of_view, row_by_row_views, view_bodies
from ingestion.archive import hash_file
from publishing.artefacts import (
    SOURCE,
    ReleaseInfo,
    attached,
    create_empty_view,
    create_table,
    create_view,
    describe,
    link,
    open_build,
    source_of,
    split_views,
    target_of,
    write_info,
)
from publishing.contents import DistrictContents, FileContents, TableContents, hash_tables, require_same
from publishing.manifest import CarriedFile, ReleaseCorrupt, read_manifest

FOLDER = "private"

COSTLY_COMPRESSION = "alp,alprd,chimp,patas,fsst,dict_fsst,zstd,roaring"
"""Methods that DuckDB would try on every column: half of the cost of a small file, and no byte less."""

NEEDLESS_OPTIMIZERS = "select string_agg(name, ',') from duckdb_optimizers() where name <> 'filter_pushdown'"
"""Optimizers that an insert of a stretch of rows has nothing of, and a sixth of its cost."""

INFO_COMMENT = (
    "One row: the release and build in which the content of this file last changed; "
    "later releases hold the same file as long as nothing in it changes."
)


def private_contents(
    build_file: Path,
    models: Sequence[ModelInfo],
    receipt_tables: Mapping[str, TableContent],
    known: DistrictContents,
) -> FileContents:
    """What each district's file must hold, by its path in the release.

    Args:
        build_file: the finished build.
        models: all models.
        receipt_tables: what door 3 saw.
        known: tables whose rows were compared with it, district by district; others are read from the build.

    Raises:
        ReleaseRefused: a table of the build is not what door 3 saw.
    """
    chosen = released_models(list(models), "private")
    with open_build(build_file) as connection:
        shown = row_by_row_views(connection, models, SOURCE)
        files: dict[str, TableContents] = {f"{FOLDER}/{name}.duckdb": {} for name in _districts(connection)}
        for model in order_by_rows(chosen):
            if model.name in shown:
                found = _contents_shown(connection, model, shown[model.name], files)
            else:
                found = _contents_of(connection, model, files, receipt_tables, known)
            for name, content in found.items():
                files[name][model.name] = content
    return files


def find_unchanged(current: Path | None, wanted: FileContents, info: ReleaseInfo) -> dict[str, CarriedFile]:
    """The private files of the current release that the new one takes over: same code, same content, sound bytes."""
    if current is None:
        return {}
    try:
        manifest = read_manifest(current)
    except ReleaseCorrupt:
        return {}  # nothing of a release is trusted whose manifest is not; every file is written anew
    if manifest["code_hash"] != info.code_hash:
        return {}
    carried = {}
    for name, tables in wanted.items():
        known, path = manifest["files"].get(name, {}), current / name
        same = known.get("content_hash") == hash_tables(tables)
        if same and path.is_file() and hash_file(path) == known["sha256"]:
            carried[name] = CarriedFile(path, known["sha256"], known["unchanged_since"])
    return carried


def write_private(
    folder: Path,
    build_file: Path,
    models: Sequence[ModelInfo],
    info: ReleaseInfo,
    wanted: FileContents,
    carried: Mapping[str, CarriedFile],
) -> None:
    """Write or take over each file into a release's folder, readable by their owner alone.

    Args:
        folder: the release's folder.
        build_file: the finished build.
        models: all models; those that a district may see are chosen.
        info: what the new files say about themselves.
        wanted: what each private file must hold, by its path in the release.
        carried: those of them that are taken over.
    """
    private = folder / FOLDER
    private.mkdir(parents=True)
    private.chmod(0o700)
    for name, file in carried.items():
        link(file.path, folder / name)
    new = {name: wanted[name] for name in sorted(wanted) if name not in carried}
    if new:
        chosen, empty = released_models(list(models), "private"), models_without_rows(models, new.values())
        with open_build(build_file) as connection:
            _write_new(connection, [folder / name for name in new], chosen, empty, info)


def models_without_rows(models: Sequence[ModelInfo], files: Collection[TableContents]) -> list[ModelInfo]:
    """The private tables of which none of these files has a row; not the views, which show what the others hold."""
    held, _ = split_views(released_models(list(models), "private"))
    return [model for model in held if not any(tables[model.name].rows for tables in files)]


def _districts(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Districts that get a private file: those with at least one admitted delivery."""
    rows = connection.execute(
        "select distinct district_id from build.selection where district_id <> '_all' order by 1"
    ).fetchall()
    return [row[0] for row in rows]


def _contents_of(
    connection: duckdb.DuckDBPyConnection,
    model: ModelInfo,
    names: Collection[str],
    receipt_tables: Mapping[str, TableContent],
    known: DistrictContents,
) -> TableContents:
    """One model's content in each file: the district's own rows, or a whole reference table."""
    if not _is_per_district(connection, model):
        seen = receipt_tables[model.name]
        return dict.fromkeys(names, Content(seen.hash, seen.rows))
    districts = known.get(model.name)
    if districts is None:
        whole, districts = hash_content_by_district(connection, source_of(model), model.key)
        require_same(model, "build", whole, receipt_tables)
    nothing = hash_no_rows(connection, source_of(model))
    return {name: districts.get(Path(name).stem, nothing) for name in names}


def _contents_shown(
    connection: duckdb.DuckDBPyConnection, model: ModelInfo, shown: ShownView, files: FileContents
) -> TableContents:
    """The content in each file of a view over a table that every file holds before it."""
    columns = columns_of(connection, source_of(model))
    sql = f"select district_id, count(*) from {source_of(model)} group by district_id"
    rows = dict(connection.execute(sql).fetchall())
    return {
        name: content_of_view(columns, shown, tables[shown.table], rows.get(Path(name).stem, 0))
        for name, tables in files.items()
    }


def _is_per_district(connection: duckdb.DuckDBPyConnection, model: ModelInfo) -> bool:
    """Whether the model's rows belong to districts; else it is a reference table, the same for everybody."""
    return "district_id" in [name for name, _ in columns_of(connection, source_of(model))]


def _write_new(
    connection: duckdb.DuckDBPyConnection,
    paths: Sequence[Path],
    models: Sequence[ModelInfo],
    empty: Collection[ModelInfo],
    info: ReleaseInfo,
) -> None:
    held, shown = split_views(models)
    held = [model for model in held if model not in empty]
    per_district = [model for model in held if _is_per_district(connection, model)]
    template, bodies = paths[0].parent / ".template.duckdb", view_bodies(connection, SOURCE)
    with attached(connection, template):
        connection.execute("begin")
        for model in held:
            create_table(connection, model, rows=model not in per_district)
            describe(connection, model)
        for model in empty:
            create_empty_view(connection, model)
        for model in shown:
            create_view(connection, model, bodies)
            describe(connection, model, is_view=True)
        write_info(connection, info, INFO_COMMENT)
        connection.execute("commit")
    connection.execute("set checkpoint_threshold = '1 byte'")  # a commit writes the file at once, and no log
    connection.execute(f"set disabled_compression_methods = '{COSTLY_COMPRESSION}'")
    districts = [path.stem for path in paths]
    stretches = [_sort_by_district(connection, model, districts) for model in per_district]
    needless = connection.execute(NEEDLESS_OPTIMIZERS).fetchall()[0][0]
    connection.execute(f"set disabled_optimizers = '{needless}'")
    for path in paths:
        shutil.copyfile(template, path)
        own = [stretch[path.stem] for stretch in stretches if path.stem in stretch]
        with attached(connection, path):
            _insert(connection, own)
        path.chmod(0o400)
    template.unlink()


def _insert(connection: duckdb.DuckDBPyConnection, statements: Sequence[str]) -> None:
    """All tables in one transaction: each commit of its own would be flushed to disk."""
    connection.execute("begin")
    for statement in statements:
        connection.execute(statement)
    connection.execute("commit")


def _sort_by_district(
    connection: duckdb.DuckDBPyConnection, model: ModelInfo, districts: Sequence[str]
) -> dict[str, str]:
    """Lay these districts' rows in order, each view computed once; gives for each the insert of its stretch.

    A stretch of row ids is read without looking at the rows of others.
    """
    name = quoted("temp", "main", f"sorted_{model.name}")
    order = ", ".join(quoted(column) for column in ("district_id", *model.key))
    connection.execute(
        f"create temp table {quoted(f'sorted_{model.name}')} as "
        f"select * from {source_of(model)} where district_id in (select unnest($1)) order by {order}",
        [list(districts)],
    )
    ends = connection.execute(f"select district_id, min(rowid), max(rowid) from {name} group by district_id").fetchall()
    into = f"insert into {target_of(model)} select * from {name}"
    return {district_id: f"{into} where rowid between {first} and {last}" for district_id, first, last in ends}
