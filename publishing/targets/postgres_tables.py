"""The tables of the PostgreSQL target: loading a snapshot beside the others, and attaching it.

Belongs here: a table for each snapshot, the partitioned table over them, the stable view, comments, dropping. Does not
belong here: who may read them (``postgres_access``) and the order of the steps (``postgres``).

A snapshot's table is filled as one of its own, compared with the file, and only then attached to the table that readers
know: attaching and dropping take no lock that readers wait for. A stable view is made anew only when columns change.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from expectations.content_hash import quoted
from publishing.artefacts import literal
from publishing.targets.postgres_layout import AUDIENCES, MAIN, store
from publishing.targets.released_files import ReleasedTable, read_rows, row_text
from publishing.targets.words import TargetFault

if TYPE_CHECKING:
    from adbc_driver_manager import dbapi

    from publishing.targets.postgres_server import Session

ID = "snapshot_id"
LONGEST_NAME = 63
STORES = [store(audience) for audience in AUDIENCES]
PATIENCE = "30s"
"""How long dropping an old snapshot waits for who still reads it."""

TYPES = {
    "VARCHAR": "text",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "numeric(38,0)",
    "FLOAT": "real",
    "DOUBLE": "double precision",
    "TIMESTAMP": "timestamp without time zone",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
}
"""PostgreSQL's name of each type of DuckDB's that a release holds; decimals keep their digits."""

_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")


def column_type(kind: str) -> str:
    """The type of a column, exact.

    Raises:
        TargetFault: there is none for it.
    """
    decimal = _DECIMAL.fullmatch(kind)
    if decimal:
        return f"numeric({decimal[1]},{decimal[2]})"
    if kind not in TYPES:
        raise TargetFault(f"a column of type {kind} has no counterpart there: cast it in its model")
    return TYPES[kind]


def part(table: ReleasedTable, snapshot_id: str) -> str:
    """The quoted name of one snapshot's table.

    Raises:
        TargetFault: it is longer than PostgreSQL's names are.
    """
    name = f"{table.name}__{snapshot_id}"
    if len(name) > LONGEST_NAME:
        raise TargetFault(f"the name of {table.name} is too long by {len(name) - LONGEST_NAME}: shorten the model's")
    return quoted(store(table.audience), name)


def whole(table: ReleasedTable) -> str:
    """The quoted name of the table over all snapshots."""
    return quoted(store(table.audience), table.name)


def load(session: Session, cursor: dbapi.Cursor, folder: Path, tables: Sequence[ReleasedTable], snapshot: str) -> None:
    """Fill one audience's tables of a snapshot and compare each with its file.

    Raises:
        TargetFault: a table does not hold the rows of its file.
    """
    for table in tables:
        columns = ", ".join(f"{quoted(each.name)} {column_type(each.kind)}" for each in table.columns)
        check = f"check ({ID} = {literal(snapshot)})"
        session.run(f"create table {part(table, snapshot)} ({ID} text not null {check}, {columns})")
    wanted: dict[ReleasedTable, list[tuple[int, int]]] = defaultdict(list)
    for rows in read_rows(folder, tables):
        wanted[rows.table].append(rows.sum_up())
        load_rows(cursor, rows.read(f"{literal(snapshot)} as {ID}"), rows.table, snapshot)
    for table in tables:
        _require_rows(session, table, snapshot, [sum(each) for each in zip(*wanted[table], strict=True)])
        if table.audience == "private" and table.is_per_district:
            session.run(f"create index on {part(table, snapshot)} (district_id)")
        session.run(f"analyze {part(table, snapshot)}")


def load_rows(cursor: dbapi.Cursor, reader: object, table: ReleasedTable, snapshot: str) -> None:
    """``COPY`` some rows into a snapshot's table."""
    cursor.adbc_ingest(
        f"{table.name}__{snapshot}",
        reader,  # pyright: ignore[reportArgumentType]
        mode="append",
        db_schema_name=store(table.audience),
    )


def attach(session: Session, tables: Sequence[ReleasedTable], snapshot: str) -> None:
    """Put a snapshot's tables under those that readers know, which are made or widened where they lack columns."""
    for table in tables:
        _ensure_whole(session, table)
        present = columns_of(session, part(table, snapshot))
        for name, kind in columns_of(session, whole(table)).items():
            if name not in present:  # a column of earlier snapshots: the view keeps it for those who use it
                session.run(f"alter table {part(table, snapshot)} add column {quoted(name)} {kind}")
        session.run(
            f"alter table {whole(table)} attach partition {part(table, snapshot)} for values in ({literal(snapshot)})"
        )
        _ensure_view(session, table)
        _describe(session, table)


def columns_of(session: Session, name: str) -> dict[str, str]:
    """A relation's columns with their types, in their order; none when it is not there."""
    rows = session.run(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute "
        "where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [name],
    )
    return dict(rows)


def drop_others(session: Session, kept: Sequence[str], audiences: Sequence[str]) -> int:
    """Remove the tables of every snapshot and audience but these, also what a killed publisher left.

    What somebody still reads stays until the next time; gives how many tables do.
    """
    import psycopg

    rows = session.run(
        "select c.relnamespace::regnamespace::text, c.relname, p.relname, i.inhdetachpending from pg_class as c "
        "left join pg_inherits as i on i.inhrelid = c.oid left join pg_class as p on p.oid = i.inhparent "
        "where c.relnamespace::regnamespace::text = any(%s) and c.relkind = 'r' "
        "order by i.inhdetachpending desc nulls last",  # of one table, one alone may be on its way
        [STORES],
    )
    wanted = [store(audience) for audience in audiences]
    old = [row for row in rows if row[0] not in wanted or row[1].rpartition("__")[2] not in kept or row[2] is None]
    n_left = len(old)
    with suppress(psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled):
        session.run(f"set statement_timeout = '{PATIENCE}'")
        for schema, name, parent, is_pending in old:
            if parent is not None:
                how = "finalize" if is_pending else "concurrently"
                session.run(f"alter table {quoted(schema, parent)} detach partition {quoted(schema, name)} {how}")
            session.run(f"drop table {quoted(schema, name)}")
            n_left -= 1
    session.run("set statement_timeout = 0")
    return n_left


def audiences_of(session: Session, snapshot: str) -> set[str]:
    """The audiences whose tables of a snapshot are attached."""
    rows = session.run(
        "select distinct c.relnamespace::regnamespace::text from pg_class as c "
        "where c.relnamespace::regnamespace::text = any(%s) and c.relispartition and right(c.relname, %s) = %s",
        [STORES, len(snapshot) + 2, f"__{snapshot}"],
    )
    return {schema.removeprefix(store("")) for (schema,) in rows}


def tables_of_others(session: Session, kept: Sequence[str]) -> list[str]:
    """Tables of snapshots other than these, by name."""
    rows = session.run(
        "select c.relname from pg_class as c where c.relnamespace::regnamespace::text = any(%s) and c.relkind = 'r'",
        [STORES],
    )
    return sorted(name for (name,) in rows if name.rpartition("__")[2] not in kept)


def drop_unused(session: Session) -> None:
    """Remove the views of models that no kept snapshot has, unless views of others stand upon them."""
    import psycopg

    rows = session.run(
        "select c.relnamespace::regnamespace::text, c.relname from pg_class as c "
        "where c.relnamespace::regnamespace::text = any(%s) and c.relkind = 'p' "
        "and not exists (select from pg_inherits as i where i.inhparent = c.oid)",
        [STORES],
    )
    for schema, name in rows:
        with suppress(psycopg.errors.DependentObjectsStillExist), session.transaction():
            session.run(f"drop view {quoted(schema.removeprefix(store('')), name)}")
            session.run(f"drop table {quoted(schema, name)}")


def forget(session: Session, kept: Sequence[str]) -> None:
    """Take the other snapshots off the list, before their tables go."""
    session.run(f"delete from {MAIN}.snapshot where snapshot_id <> all(%s)", [list(kept)])


def _require_rows(session: Session, table: ReleasedTable, snapshot: str, wanted: Sequence[int]) -> None:
    text = row_text(table).replace("chr(30)", "e'\\x1e'").replace("chr(31)", "e'\\x1f'")
    found = session.run(
        f"select count(*), coalesce(sum(('x' || left(md5({text}), 15))::bit(60)::bigint), 0) "
        f"from {part(table, snapshot)}"
    )[0]
    if [int(each) for each in found] != list(wanted):
        raise TargetFault(
            f"{table.audience}.{table.name}: its rows are not those of the file ({found[0]} there, {wanted[0]} here)"
        )


def _ensure_whole(session: Session, table: ReleasedTable) -> None:
    known = columns_of(session, whole(table))
    wanted = {column.name: column_type(column.kind) for column in table.columns}
    if not known:
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in wanted.items())
        session.run(f"create table {whole(table)} ({ID} text not null, {columns}) partition by list ({ID})")
        return
    for name, kind in wanted.items():
        if name not in known:
            session.run(f"alter table {whole(table)} add column {quoted(name)} {kind}")
        elif known[name] != kind:
            _change_type(session, table, name, kind)


def _change_type(session: Session, table: ReleasedTable, column: str, kind: str) -> None:
    """Change a column in all snapshots; the one change that the views of others can forbid."""
    import psycopg

    view = quoted(table.audience, table.name)
    try:
        with session.transaction():
            session.run(f"drop view if exists {view}")
            session.run(
                f"alter table {whole(table)} alter column {quoted(column)} type {kind} using {quoted(column)}::{kind}"
            )
    except psycopg.errors.DependentObjectsStillExist:
        raise TargetFault(
            f"{table.audience}.{table.name}: the type of {column} changes to {kind}, and views of others stand upon "
            "it: drop those, and make them again afterwards"
        ) from None


def _ensure_view(session: Session, table: ReleasedTable) -> None:
    view, columns = quoted(table.audience, table.name), columns_of(session, whole(table))
    options = session.run("select reloptions from pg_class where oid = to_regclass(%s)", [view])
    if columns_of(session, view) == columns and options == [(["security_invoker=true"],)]:
        return
    names = ", ".join(quoted(name) for name in columns)
    session.run(
        f"create or replace view {view} with (security_invoker = true) as select {names} from {whole(table)} "
        f"where {ID} = (select {ID} from {MAIN}.current_snapshot)"
    )


def _describe(session: Session, table: ReleasedTable) -> None:
    """Write what the yml says of the table and its columns, where it is not said so already."""
    view = quoted(table.audience, table.name)
    wanted = {"": table.comment, ID: "The release that the row is of; ask for it when several queries must agree."}
    wanted |= {column.name: column.comment for column in table.columns}
    rows = session.run(
        "select coalesce(a.attname, ''), d.description from pg_description as d left join pg_attribute as a "
        "on a.attrelid = d.objoid and a.attnum = d.objsubid and d.objsubid > 0 "
        "where d.classoid = 'pg_class'::regclass and d.objoid = to_regclass(%s)",
        [view],
    )
    known = dict(rows)
    for name, words in wanted.items():
        if known.get(name, "") != words:
            what = f"column {view}.{quoted(name)}" if name else f"view {view}"
            session.run(f"comment on {what} is {literal(words)}")
