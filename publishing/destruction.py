"""Taking a destroyed district out of what was released and published, and looking whether anything of it is left.

Belongs here: releases, builds and what stands behind publications. Does not belong here: landing and the vault
(``ingestion.destruction``, ``ingestion.forgetting``), the order of the steps (``schoolstat.destruction``).

What others have seen stays: a publication's figures are frozen, and they have them anyhow. What stood behind them goes:
nobody has seen it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

import duckdb

from expectations.content_hash import quoted
from ingestion.archive import hash_file
from ingestion.build_inputs import SELECTION_FILE
from ingestion.destroyed_slots import SlotOfDelivery
from ingestion.destruction import Scope
from ingestion.home import Home, sync_folder, write_atomically
from ingestion.ledger import Ledger
from ingestion.published_figures import CERTIFICATE, FIGURES, FrozenPublication, hash_certificate, list_publications
from ingestion.sql_text import literal
from publishing.manifest import read_manifest
from publishing.shelf import current_release_id, release_ids

Record = dict[str, Any]
DROPPED = ".dropped-"
"""What a release is called while it is removed: nobody takes it for a release any more."""

MEMORY = "1GB"
PUBLISHED = " (published)"
"""Behind the name of a table: rows of it that others have seen."""


def releases_with(home: Home, deliveries: Collection[str]) -> list[str]:
    """Releases on disk that were made of any of these deliveries, oldest first."""
    wanted = set(deliveries)
    return [
        release_id
        for release_id in release_ids(home)
        if any(row["delivery_id"] in wanted for row in read_manifest(home.releases / release_id)["inputs"])
    ]


def drop_releases(home: Home, release_ids_: Iterable[str]) -> None:
    """Remove releases whole, never the current one; a half-removed one is no release."""
    for release_id in release_ids_:
        if release_id != current_release_id(home) and (home.releases / release_id).is_dir():
            (home.releases / release_id).rename(home.releases / f"{DROPPED}{release_id}")
    sync_folder(home.releases)
    for folder in home.releases.glob(f"{DROPPED}*"):
        shutil.rmtree(folder)


def forget_released_build(home: Home, ledger: Ledger) -> None:
    """Remove the released build's file, so that the next build is not a copy of it but starts from an empty file."""
    released = ledger.released_build(home.current_release)
    if released is not None:
        (home.build_folder(released["build_id"]) / home.build_file.name).unlink(missing_ok=True)


def drop_builds(home: Home, ledger: Ledger) -> list[str]:
    """Remove all builds but the current release's, the one in progress too; gives their ids."""
    released = ledger.released_build(home.current_release)
    kept = released["build_id"] if released else ""
    dropped = [folder for folder in sorted(home.builds.iterdir()) if folder.name != kept]
    for folder in dropped:
        shutil.rmtree(folder)
    for path in home.work.glob(f"{home.build_file.name}*"):
        path.unlink()
    return [folder.name for folder in dropped]


def serves_any(home: Home, ledger: Ledger, slots: Collection[SlotOfDelivery]) -> bool:
    """Whether the build of the current release was made with any of these slots."""
    released = ledger.released_build(home.current_release)
    if released is None:
        return False
    path = home.build_folder(released["build_id"]) / SELECTION_FILE
    with duckdb.connect(config={"threads": 1}) as connection:
        sql = f"select delivery_id, district_id, extract, school_year from read_parquet({literal(str(path))})"
        return not set(slots).isdisjoint(connection.execute(sql).fetchall())


def count_secrets(home: Home, scope: Scope) -> dict[str, int]:
    """Rows of the district behind each publication, by its id."""
    with duckdb.connect(config={"threads": 1}) as connection:
        counts = {each.publication_id: _count_in(connection, each.secrets, scope) for each in list_publications(home)}
    return {publication_id: n for publication_id, n in counts.items() if n}


def forget_secrets(home: Home, scope: Scope, certificate_id: str) -> None:
    """Write what stands behind each publication anew, without the district; its certificate says so, in one step."""
    for each in list_publications(home):
        with duckdb.connect(config={"threads": 1}) as connection:
            if _count_in(connection, each.secrets, scope):
                _replace_secrets(connection, each, scope, certificate_id)
        for path in each.folder.iterdir():
            if path.name not in (*_read(each.folder)["files"], CERTIFICATE):
                path.unlink()


def _replace_secrets(
    connection: duckdb.DuckDBPyConnection, each: FrozenPublication, scope: Scope, certificate_id: str
) -> None:
    target = each.folder / f"secrets_without_{certificate_id}.parquet"
    target.unlink(missing_ok=True)
    source = f"from read_parquet({literal(str(each.secrets))}) where not ({scope.condition})"
    connection.execute(f"copy ({source}) to {literal(str(target))} (format parquet, compression zstd)")
    with target.open("rb") as handle:
        os.fsync(handle.fileno())
    target.chmod(0o400)
    certificate = _read(each.folder)
    before = certificate["files"].pop(each.secrets.name)
    certificate["files"][target.name] = hash_file(target)
    told = {"certificate_id": certificate_id, "secrets_sha256_before": before}
    certificate["destroyed"] = [*certificate.get("destroyed", ()), told]
    del certificate["sha256"]
    text = {**certificate, "sha256": hash_certificate(certificate)}
    write_atomically(each.folder / CERTIFICATE, json.dumps(text, indent=1, sort_keys=True) + "\n")


def count_figures(home: Home, scope: Scope) -> int:
    """Figures of the district in publications: others have seen them, so they stay."""
    with duckdb.connect(config={"threads": 1}) as connection:
        return sum(_count_in(connection, each.figures, scope) for each in list_publications(home))


def find_rows(home: Home, scope: Scope) -> dict[str, int]:
    """Rows of the district in the files of releases, builds and publications, by file and table, and what is published.

    Of single years those tables are looked into that hold people: a state's figures of that year stay.
    """
    found: dict[str, int] = {}
    for path in _data_files(home):
        with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY}) as connection:
            for name, n in _rows_in(connection, path, scope):
                found[f"{path.relative_to(home.path)}:{name}"] = n
    return found


def releases_holding(home: Home, scope: Scope) -> set[str]:
    """Releases on disk with rows of the district that nobody else has seen, as when it is on their roster alone."""
    folder = f"{home.releases.name}/"
    _, unexpected = tell_published(find_rows(home, scope))
    return {place.split("/")[1] for place in unexpected if place.startswith(folder)}


def tell_published(found: dict[str, int]) -> tuple[int, list[str]]:
    """Of rows that were found those that others have seen, counted, and where all the others are."""
    shown = [place for place in found if place.endswith(PUBLISHED)]
    return sum(found[place] for place in shown), sorted(found.keys() - set(shown))


def drop_configurations(home: Home, ledger: Ledger) -> None:
    """Remove compiled configurations but the current release's: earlier ones list the district on the roster."""
    released = ledger.released_build(home.current_release)
    for folder in home.configuration.glob("*/"):
        if released is None or folder.name != released["config_hash"]:
            shutil.rmtree(folder)
    (home.work / "build_inputs.json").unlink(missing_ok=True)


def _data_files(home: Home) -> Iterator[Path]:
    for folder in (home.releases, home.builds, home.work, home.publications):
        yield from (path for path in sorted(folder.rglob("*.duckdb")) if not _is_linked(home, path))
        yield from (path for path in sorted(folder.rglob("*.parquet")) if not _is_linked(home, path))


def _is_linked(home: Home, path: Path) -> bool:
    """Whether a path leads through the link ``current``: it is looked at under its own name."""
    return path.is_relative_to(home.current_release)


def _rows_in(connection: duckdb.DuckDBPyConnection, path: Path, scope: Scope) -> Iterator[tuple[str, int]]:
    """Tables of a file, not its views, in which the district has rows."""
    if path.suffix == ".parquet":
        relations = {"rows": f"read_parquet({literal(str(path))}, hive_partitioning = false)"}
    else:
        connection.execute(f"attach {literal(str(path))} as looked_at (read_only)")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'looked_at'"
        ).fetchall()
        relations = {f"{schema}.{name}": quoted("looked_at", schema, name) for schema, name in tables}
    for name, relation in relations.items():
        columns = {column for column, *_ in connection.execute(f"describe from {relation}").fetchall()}
        if "district_id" not in columns or (scope.school_years and not _holds_people_of_years(columns)):
            continue
        shown = _is_seen(path, name, columns)
        sql = f"select count(*), count(*) filter (where {shown}) from {relation} where {scope.condition}"
        n_rows, n_shown = connection.execute(sql).fetchall()[0]
        yield from ((place, n) for place, n in ((name, n_rows - n_shown), (f"{name}{PUBLISHED}", n_shown)) if n)


def _holds_people_of_years(columns: set[str]) -> bool:
    return "school_year" in columns and any(column.endswith("_key") for column in columns)


def _is_seen(path: Path, table: str, columns: set[str]) -> str:
    """SQL of the rows that others have seen: a publication's figures, and what shared tables serve of them."""
    if path.name == FIGURES:
        return "true"
    is_shared = table.split(".")[-1].startswith("shared_") or path.stem.startswith("shared_")
    return "basis = 'computed'" if is_shared and "basis" in columns else "false"


def _count_in(connection: duckdb.DuckDBPyConnection, path: Path, scope: Scope) -> int:
    sql = f"select count(*) from read_parquet({literal(str(path))}) where {scope.condition}"
    return connection.execute(sql).fetchall()[0][0]


def _read(folder: Path) -> Record:
    return json.loads((folder / CERTIFICATE).read_text(encoding="utf-8"))
