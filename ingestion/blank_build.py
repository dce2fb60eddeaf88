"""The blank build: every model over no rows, made once for the code as it stands, and what can be told from it.

Belongs here: where it lies, whether it is this code's, which models have no row whatever the configuration says when
these contracts alone are served, and starting a build file from those. Does not belong here: making it
(``orchestration.blank_build``), and reading a query's plan (``plans_without_rows``).

A collaborative sends some of the extracts. What is made of the others alone has no row; that is not believed of a model
because it had none before, but proven by DuckDB's own plan of its SQL. Such models are taken from the blank build and
not made.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.account_crosswalk import select_mapped_accounts
from ingestion.archive import hash_file
from ingestion.code_hash import hash_code
from ingestion.contract import load_contracts
from ingestion.home import write_atomically
from ingestion.plans_without_rows import has_no_rows
from ingestion.settings import REPOSITORY
from ingestion.sql_text import quote

if TYPE_CHECKING:
    import duckdb

FOLDER = REPOSITORY / "dbt_project" / "target" / "blank"
"""Beside what dbt writes; no part of the code that is hashed."""

FILE, RECORD = "warehouse.duckdb", "blank.json"

MAPPED_ACCOUNTS = ("landing", "mapped_accounts")

Relation = tuple[str, str]
"""Its schema and name."""


@dataclass(frozen=True)
class BlankBuild:
    """A blank build of this very code.

    Attributes:
        file: its build file.
        models: the SQL of each model, in the order in which they are made.
    """

    file: Path
    models: tuple[tuple[Relation, str], ...]


def open_blank(folder: Path = FOLDER) -> BlankBuild | None:
    """The blank build, if there is one, of this code and this DuckDB, and not a byte of it is another."""
    path, file = folder / RECORD, folder / FILE
    if not (path.is_file() and file.is_file()):
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    if record["made_by"] != _maker() or record["sha256"] != hash_file(file):
        return None
    return BlankBuild(file, tuple(((schema, name), sql) for schema, name, sql in record["models"]))


def save_blank(build_file: Path, models: dict[Relation, str], folder: Path = FOLDER) -> None:
    """Keep a finished build over no rows as the blank one of this code; the record comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{FILE}.draft"
    shutil.copyfile(build_file, draft)
    record = {
        "made_by": _maker(),
        "sha256": hash_file(draft),
        "models": [[*relation, sql] for relation, sql in models.items()],
    }
    draft.replace(folder / FILE)
    write_atomically(folder / RECORD, json.dumps(record, indent=1) + "\n")


@lru_cache(maxsize=4)
def find_models_without_rows(blank: BlankBuild, served: frozenset[str]) -> tuple[Relation, ...]:
    """Models that have no row, whatever the configuration says, when no contract but these is served.

    Each is planned over tables of which nothing is known, but those that have no row: of these that is said.
    """
    import duckdb

    chart = select_mapped_accounts("landing.chart_of_accounts", "collaborative.account_crosswalk")
    queries = {MAPPED_ACCOUNTS: chart} | dict(blank.models)
    columns = _columns(blank.file)
    found = {("landing", name) for name in load_contracts() if name not in served}
    with duckdb.connect(config={"threads": 1}) as connection:
        # What a table's statistics say of it would be taken for true: these tables stand for others.
        connection.execute("set disabled_optimizers = 'statistics_propagation'")
        for schema in sorted({schema for schema, _ in columns} - {"main"}):
            connection.execute(f"create schema {quote(schema)}")
        for relation in columns.keys() - queries.keys():
            _stand_in(connection, relation, columns[relation], without_rows=relation in found)
        for relation, sql in queries.items():
            if has_no_rows(connection, sql):
                found.add(relation)
            _stand_in(connection, relation, columns[relation], without_rows=relation in found)
    return tuple(relation for relation, _ in blank.models if relation in found)


def copy_models(blank: BlankBuild, kept: Collection[Relation], build_file: Path) -> None:
    """Start a build file from the blank one's relations of these names; nothing else of it is taken over."""
    import duckdb

    shutil.copyfile(blank.file, build_file)
    with duckdb.connect(build_file) as connection:
        tables = "select schema_name, table_name, 'table' from duckdb_tables() where not internal"
        views = "select schema_name, view_name, 'view' from duckdb_views() where not internal"
        for schema, name, kind in connection.execute(f"{tables} union all {views}").fetchall():
            if (schema, name) not in kept:
                connection.execute(f"drop {kind} {quote(schema)}.{quote(name)}")


def _maker() -> dict[str, str]:
    import duckdb

    return {"code_hash": hash_code(), "duckdb": duckdb.__version__}


def _columns(file: Path) -> dict[Relation, list[tuple[str, str]]]:
    import duckdb

    sql = (
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and not internal order by schema_name, table_name, column_index"
    )
    found: dict[Relation, list[tuple[str, str]]] = {}
    with duckdb.connect(file, read_only=True) as connection:
        for schema, table, column, kind in connection.execute(sql).fetchall():
            found.setdefault((schema, table), []).append((column, kind))
    return found


def _stand_in(
    connection: duckdb.DuckDBPyConnection, relation: Relation, columns: Sequence[tuple[str, str]], without_rows: bool
) -> None:
    """A table in the place of a relation, or a view that says it has no rows."""
    name = ".".join(quote(part) for part in relation)
    if without_rows:
        cells = ", ".join(f"cast(null as {kind}) as {quote(column)}" for column, kind in columns)
        connection.execute(f"create view {name} as select {cells} where false")
    else:
        connection.execute(f"create table {name} ({', '.join(f'{quote(column)} {kind}' for column, kind in columns)})")
