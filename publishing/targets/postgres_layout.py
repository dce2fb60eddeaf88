"""What the PostgreSQL target holds besides the tables: roles, schemas, the list of snapshots and the pointer.

Belongs here: names, and making what is missing. Does not belong here: tables (``postgres_tables``), and who sees which
rows (``postgres_access``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publishing.artefacts import literal
from publishing.targets.words import TargetFault

if TYPE_CHECKING:
    from publishing.targets.postgres_server import Session

MAIN = "schoolstat"
"""The schema of the list of snapshots and of the pointer."""

AUDIENCES = ("collaborative", "private", "shared")


@dataclass(frozen=True)
class Roles:
    """The roles' names. None of them logs in: an administrator grants them to those who do."""

    prefix: str

    @property
    def publisher(self) -> str:
        """Owns everything here."""
        return f"{self.prefix}_publisher"

    @property
    def shared(self) -> str:
        """Reads what is shared."""
        return f"{self.prefix}_reader_shared"

    @property
    def collaborative(self) -> str:
        """Reads the collaborative's aggregates, and what is shared."""
        return f"{self.prefix}_reader_collaborative"

    @property
    def private(self) -> str:
        """What all districts' roles have in common; by itself it sees no row."""
        return f"{self.prefix}_reader_private"

    def district(self, district_id: str) -> str:
        """Reads the rows of one district, and what is shared."""
        return f"{self.prefix}_district_{district_id}"

    def readers(self, audience: str) -> tuple[str, ...]:
        """The role that is granted an audience's schema; the others have it through membership."""
        return {"collaborative": (self.collaborative,), "private": (self.private,), "shared": (self.shared,)}[audience]


def store(audience: str) -> str:
    """The schema that holds an audience's tables, of all snapshots that are kept; readers read the views."""
    return f"store_{audience}"


def ensure_layout(session: Session, roles: Roles, collaborative_id: str) -> None:
    """Make roles, schemas, the list of snapshots, the pointer and the function that says whose rows one may see.

    Raises:
        TargetFault: the database serves another collaborative.
    """
    _ensure_publisher(session, roles)
    session.run(f'set role "{roles.publisher}"')
    with session.transaction():
        for name in (roles.shared, roles.collaborative, roles.private):
            ensure_role(session, roles, name)
        for name in (roles.collaborative, roles.private):
            session.run(f'grant "{roles.shared}" to "{name}"')
        for statement in _statements(roles):
            session.run(statement)
        for audience in AUDIENCES:
            _ensure_info(session, audience, roles.readers(audience))
        session.run(f"insert into {MAIN}.served values (%s) on conflict do nothing", [collaborative_id])
    served = session.run(f"select collaborative_id from {MAIN}.served")
    if served != [(collaborative_id,)]:
        raise TargetFault("the database serves another collaborative: one database is one collaborative")


def ensure_role(session: Session, roles: Roles, name: str) -> None:
    """Make a role that does not log in, and which the publisher may take on to test it."""
    if not session.run("select from pg_roles where rolname = %s", [name]):
        session.run(f'create role "{name}" nologin')
    session.run(f'grant "{name}" to "{roles.publisher}"')


def ensure_districts(session: Session, roles: Roles, district_ids: Sequence[str]) -> None:
    """One role for each district; the role of one that is in no release any more stays, and sees nothing."""
    known = dict(session.run(f"select district_id, role_name from {MAIN}.district_role"))
    for district_id in district_ids:
        role = roles.district(district_id)
        if known.get(district_id) != role:
            ensure_role(session, roles, role)
            session.run(f'grant "{roles.private}" to "{role}"')
            session.run(
                f"insert into {MAIN}.district_role values (%s, %s) "
                "on conflict (district_id) do update set role_name = excluded.role_name",
                [district_id, role],
            )


def current_snapshot(session: Session) -> str | None:
    """What readers get now; None before the first, also before anything is laid out."""
    if not session.run(f"select to_regclass('{MAIN}.current_snapshot')")[0][0]:
        return None
    rows = session.run(f"select snapshot_id from {MAIN}.current_snapshot")
    return rows[0][0] if rows else None


def snapshots(session: Session) -> dict[str, str]:
    """The snapshots that are kept, the oldest first, each with the hash of its content."""
    if not session.run(f"select to_regclass('{MAIN}.snapshot')")[0][0]:
        return {}
    rows = session.run(f"select snapshot_id, content_hash from {MAIN}.snapshot order by copied_at")
    return dict(rows)


def move_pointer(session: Session, snapshot_id: str) -> None:
    """The one step that readers notice, when its transaction ends."""
    session.run(
        f"insert into {MAIN}.current_snapshot (snapshot_id) values (%s) "
        "on conflict (only_one) do update set snapshot_id = excluded.snapshot_id, since = excluded.since",
        [snapshot_id],
    )


def _ensure_publisher(session: Session, roles: Roles) -> None:
    """The publisher's role; only the first time is a login needed that may make roles."""
    known = session.run("select from pg_roles where rolname = %s", [roles.publisher])
    if known:
        return
    with session.transaction():
        base = session.run("select current_database()")[0][0]
        session.run(f'create role "{roles.publisher}" nologin createrole')
        session.run(f'grant create on database "{base}" to "{roles.publisher}"')
        session.run(f'grant "{roles.publisher}" to current_user')


def _statements(roles: Roles) -> list[str]:
    everyone = ", ".join(f'"{role}"' for role in (roles.shared, roles.collaborative, roles.private))
    statements = [f"create schema if not exists {MAIN}"]
    statements += [f"create schema if not exists {name}" for each in AUDIENCES for name in (each, store(each))]
    statements += [
        f"create table if not exists {MAIN}.served (collaborative_id text primary key)",
        f"create table if not exists {MAIN}.snapshot (snapshot_id text primary key, build_id text not null, "
        "as_of date, content_hash text not null, released_at timestamptz not null, "
        "copied_at timestamptz not null default clock_timestamp())",
        f"create table if not exists {MAIN}.current_snapshot (only_one boolean primary key default true "
        f"check (only_one), snapshot_id text not null references {MAIN}.snapshot, "
        "since timestamptz not null default clock_timestamp())",
        f"create table if not exists {MAIN}.district_role (district_id text primary key, role_name name not null)",
        WHOSE_ROWS,
        f"grant usage on schema {MAIN} to {everyone}",
        f"grant select on {MAIN}.snapshot, {MAIN}.current_snapshot to {everyone}",
        f'grant select on {MAIN}.district_role to "{roles.private}"',
    ]
    for audience in AUDIENCES:
        for reader in roles.readers(audience):
            statements.append(f'grant usage on schema {audience}, {store(audience)} to "{reader}"')
    comments = {
        f"table {MAIN}.current_snapshot": "One row: the snapshot that the views show.",
        f"table {MAIN}.snapshot": "One row per snapshot that is kept; a snapshot is a release.",
        f"table {MAIN}.district_role": "One row per district: the role that sees its rows of schema private.",
    }
    return statements + [f"comment on {what} is {literal(words)}" for what, words in comments.items()]


def _ensure_info(session: Session, audience: str, readers: Sequence[str]) -> None:
    """The view that names the release; it is made once, since making it again waits for who reads it."""
    name = f"{audience}.release_info"
    if session.run("select to_regclass(%s)", [name])[0][0]:
        return
    session.run(
        f"create view {name} with (security_invoker = true) as "
        f"select s.* from {MAIN}.snapshot as s inner join {MAIN}.current_snapshot using (snapshot_id)"
    )
    session.run(f"comment on view {name} is 'One row: the release that the views of this schema show.'")
    for reader in readers:
        session.run(f'grant select on {name} to "{reader}"')


WHOSE_ROWS = f"""
create or replace function {MAIN}.districts_of_reader(table_name text) returns text[]
language plpgsql stable parallel restricted as $$
declare
    found text[];
begin
    select pg_catalog.array_agg(d.district_id) into found
    from {MAIN}.district_role as d
    where case
        when pg_catalog.to_regrole(pg_catalog.quote_ident(d.role_name)) is null then false
        else pg_catalog.pg_has_role(current_user, d.role_name, 'usage')
    end;
    raise log 'schoolstat: % reads private.% of districts %', session_user, table_name, found;
    return coalesce(found, array[]::text[]);
end
$$
"""
"""Which districts' rows the reader may see; each reading is told to the server's log, which a reader cannot prevent."""
