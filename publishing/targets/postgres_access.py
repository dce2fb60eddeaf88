"""Who reads which rows of the PostgreSQL target, and the proof of it before readers get a snapshot.

Belongs here: grants, row-level security of the schema private, and reading as each role. Does not belong here: the
roles themselves (``postgres_layout``).

Row-level security stands on the tables, and the views leave it to who reads them (``security_invoker``). It is looked
at before each snapshot and set again where it differs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from expectations.content_hash import quoted
from publishing.artefacts import literal
from publishing.targets.postgres_layout import AUDIENCES, MAIN, Roles, store
from publishing.targets.postgres_tables import part, whole
from publishing.targets.released_files import ReleasedTable
from publishing.targets.words import TargetFault

if TYPE_CHECKING:
    from publishing.targets.postgres_server import Session

POLICY = "own_district"

Rows = Mapping[tuple[str, str], int]
"""How many rows of a private table a district has, by both."""


def grant_and_guard(session: Session, roles: Roles, tables: Sequence[ReleasedTable]) -> None:
    """Let an audience's readers read its tables, and of the private ones their own rows alone."""
    for table in tables:
        if table.audience == "private" and table.is_per_district:
            _guard(session, table)
        for reader in roles.readers(table.audience):
            view = quoted(table.audience, table.name)
            session.run(f'grant select on {view}, {whole(table)} to "{reader}"')


def count_own_rows(session: Session, tables: Sequence[ReleasedTable], snapshot: str) -> dict[tuple[str, str], int]:
    """What each district must find of each private table."""
    found: dict[tuple[str, str], int] = {}
    for table in _guarded(tables):
        sql = f"select district_id, count(*) from {part(table, snapshot)} group by district_id"
        found |= {(table.name, district_id): n for district_id, n in session.run(sql)}
    return found


def require_access(
    session: Session,
    roles: Roles,
    tables: Sequence[ReleasedTable],
    districts: Sequence[str],
    own: Rows,
    was_tried: bool = False,
) -> None:
    """Take on each reader's role and see what it may read, in the transaction that moves the pointer.

    Args:
        session: in that transaction.
        roles: their names.
        tables: the snapshot's.
        districts: whose roles read private tables.
        own: how many rows each of them must find.
        was_tried: the snapshot was read as each role before: only the first reads every table again.

    Raises:
        TargetFault: a role may read what it must not, or does not find its own rows.
    """
    seen = {roles.shared: {"shared"}, roles.collaborative: {"shared", "collaborative"}}
    seen |= {role: {"shared", "private"} for role in (roles.private, *map(roles.district, districts))}
    _require_readable(session, seen)
    for number, district_id in enumerate(districts):
        _require_own_district(session, roles, district_id)
        if not (was_tried and number):
            _require_own_rows(session, roles, district_id, tables, own)


def _guard(session: Session, table: ReleasedTable) -> None:
    """Row-level security that binds the owner, too, and one policy; set anew only where it is not so."""
    name = whole(table)
    rows = session.run(
        "select c.relrowsecurity and c.relforcerowsecurity, "
        "(select array_agg(p.polname || ' ' || pg_get_expr(p.polqual, p.polrelid)) from pg_policy as p "
        "where p.polrelid = c.oid) from pg_class as c where c.oid = to_regclass(%s)",
        [name],
    )
    asked = f"( SELECT {MAIN}.districts_of_reader({literal(table.name)}::text) AS districts_of_reader)"
    condition = f"(district_id = ANY ({asked}::text[]))"
    if rows[0][0] and rows[0][1] == [f"{POLICY} {condition}"]:
        return
    for policy in session.run("select polname from pg_policy where polrelid = to_regclass(%s)", [name]):
        session.run(f"drop policy {quoted(policy[0])} on {name}")
    session.run(f"alter table {name} enable row level security, force row level security")
    whose = f"(select {MAIN}.districts_of_reader({literal(table.name)}))::text[]"
    session.run(f"create policy {POLICY} on {name} using (district_id = any ({whose}))")


def _require_readable(session: Session, seen: Mapping[str, Collection[str]]) -> None:
    """The server's own answer to which relations a role may read, of all that lie in our schemas."""
    allowed = [" ".join((*audiences, *map(store, audiences))) for audiences in seen.values()]
    rows = session.run(
        "select r.role, c.name, c.is_part from unnest(%s::text[], %s::text[]) as r (role, allowed) "
        "cross join lateral (select n.nspname || '.' || c.relname as name, c.relispartition as is_part "
        "from pg_class as c inner join pg_namespace as n on n.oid = c.relnamespace "
        "where n.nspname = any(%s) and c.relkind in ('r', 'v', 'p', 'm') "
        "and (c.relispartition or n.nspname <> all(string_to_array(r.allowed, ' '))) "
        "and has_schema_privilege(r.role, n.oid, 'usage') and has_table_privilege(r.role, c.oid, 'select')) as c "
        "order by c.is_part, r.role, c.name limit 1",
        [list(seen), allowed, [*AUDIENCES, *map(store, AUDIENCES)]],
    )
    for role, name, is_part in rows:
        why = "past row-level security" if is_part else "which it must not"
        raise TargetFault(f"the role {role} may read {name}, {why}: revoke that")


def _require_own_district(session: Session, roles: Roles, district_id: str) -> None:
    """Ask for whose rows the district's role is let through; every policy asks the same."""
    role = roles.district(district_id)
    session.run(f'set local role "{role}"')
    found = session.run(f"select {MAIN}.districts_of_reader('(before a release)')")[0][0]
    session.run(f'set local role "{roles.publisher}"')
    if found != [district_id]:
        raise TargetFault(
            f"the role {role} is let through to rows of {', '.join(found) or 'nobody'}: correct its groups"
        )


def _require_own_rows(
    session: Session, roles: Roles, district_id: str, tables: Sequence[ReleasedTable], own: Rows
) -> None:
    """Read each private view as the district's role."""
    role, guarded = roles.district(district_id), _guarded(tables)
    if not guarded:
        return
    counts = " union all ".join(
        f"select {literal(table.name)}, count(*), count(*) filter (where district_id <> {literal(district_id)}) "
        f"from {quoted('private', table.name)}"
        for table in guarded
    )
    session.run(f'set local role "{role}"')
    rows = session.run(counts)
    session.run(f'set local role "{roles.publisher}"')
    for name, n, n_foreign in rows:
        if n_foreign or n != own.get((name, district_id), 0):
            raise TargetFault(
                f"private.{name}: the role {role} reads {n} rows, {n_foreign} of them of other districts; "
                f"it must read its own {own.get((name, district_id), 0)}"
            )


def _guarded(tables: Sequence[ReleasedTable]) -> list[ReleasedTable]:
    return [table for table in tables if table.audience == "private" and table.is_per_district]
