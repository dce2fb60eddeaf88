"""The PostgreSQL target: the order of the steps.

Belongs here: what is done before the pointer moves, and after. Does not belong here: how (``postgres_layout``,
``postgres_tables``, ``postgres_access``).

A snapshot is loaded into tables that nobody reads, compared, attached and put on the list in one transaction, read as
each role and pointed to in another. A publisher that ends anywhere leaves the pointer where it was, or moved; what it
left unfinished is dropped by the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.target_settings import Audience, PostgresTarget
from publishing.manifest import Manifest
from publishing.targets.postgres_access import count_own_rows, grant_and_guard, require_access
from publishing.targets.postgres_layout import (
    MAIN,
    Roles,
    current_snapshot,
    ensure_districts,
    ensure_layout,
    move_pointer,
    snapshots,
)
from publishing.targets.postgres_server import alone, connected, in_words, loading
from publishing.targets.postgres_tables import (
    attach,
    audiences_of,
    drop_others,
    drop_unused,
    forget,
    load,
    tables_of_others,
)
from publishing.targets.released_files import ReleasedTable, files_of, read_tables
from publishing.targets.words import Followed, Served, TargetFault
from reporting.plain_text import count

if TYPE_CHECKING:
    from publishing.targets.postgres_server import Session

NAME = "postgres"
STILL_READ = "{tables} of releases or audiences that are no longer kept there could not go yet: somebody reads them"


def served(target: PostgresTarget) -> Served:
    """Ask the server what it has.

    Raises:
        TargetFault: it does not answer.
    """
    with in_words(), connected(target) as session:
        return Served(current_snapshot(session), tuple(snapshots(session)))


def leftovers(target: PostgresTarget, kept: Sequence[str]) -> list[str]:
    """Tables of other releases than these that are still there, as while somebody reads them.

    Raises:
        TargetFault: it does not answer.
    """
    with in_words(), connected(target) as session:
        return tables_of_others(session, kept)


def follow(
    target: PostgresTarget, collaborative_id: str, folder: Path, manifest: Manifest, kept: Sequence[str]
) -> Followed:
    """Make a release the one that this database's readers get; gives what had to be done for it.

    Args:
        target: the database.
        collaborative_id: whose release it is.
        folder: the release, verified.
        manifest: its manifest.
        kept: the releases that stay.

    Raises:
        TargetFault: readers keep what they had.
    """
    snapshot, roles = manifest["release_id"], Roles(target.role_prefix)
    with in_words(), connected(target) as session, alone(session):
        known = snapshots(session).get(snapshot, manifest["content_hash"])
        if known != manifest["content_hash"]:
            raise TargetFault(f"it has another release of the name {snapshot}: another home publishes there, too")
        lacking = _lacking(session, target, snapshot)
        done = not lacking
        if done and current_snapshot(session) == snapshot:
            return Followed("in_place", _drop_old(session, target, snapshot, kept))
        ensure_layout(session, roles, collaborative_id)
        tables = [table for audience in target.audiences for table in read_tables(folder, audience)]
        districts = [path.stem for path in files_of(folder, "private")] if "private" in target.audiences else []
        if not done:
            _copy(session, roles, folder, manifest, target, lacking, tables, districts)
        _point(session, roles, snapshot, tables, districts, was_tried=done)
        note = _drop_old(session, target, snapshot, kept)
    return Followed("pointed" if done else "copied", note)


def _lacking(session: Session, target: PostgresTarget, snapshot: str) -> list[Audience]:
    """The audiences of which a snapshot is not there: all of a new one, else those that were left out before."""
    if snapshot not in snapshots(session):
        return list(target.audiences)
    present = audiences_of(session, snapshot)
    return [audience for audience in target.audiences if audience not in present]


def _copy(
    session: Session,
    roles: Roles,
    folder: Path,
    manifest: Manifest,
    target: PostgresTarget,
    lacking: Sequence[Audience],
    tables: Sequence[ReleasedTable],
    districts: Sequence[str],
) -> None:
    """Load what a snapshot lacks and put it on the list; who would see it at once is looked at first."""
    snapshot = manifest["release_id"]
    drop_others(session, list(snapshots(session)), target.audiences)
    with loading(target, roles.publisher) as cursor:
        for audience in lacking:
            load(session, cursor, folder, [table for table in tables if table.audience == audience], snapshot)
    with session.transaction():
        ensure_districts(session, roles, districts)
        attach(session, [table for table in tables if table.audience in lacking], snapshot)
        grant_and_guard(session, roles, tables)
        if current_snapshot(session) == snapshot:
            require_access(session, roles, tables, districts, count_own_rows(session, tables, snapshot))
        session.run(
            f"insert into {MAIN}.snapshot (snapshot_id, build_id, as_of, content_hash, released_at) "
            "values (%(release_id)s, %(build_id)s, %(as_of)s, %(content_hash)s, %(released_at)s) "
            "on conflict do nothing",
            manifest,
        )


def _point(
    session: Session,
    roles: Roles,
    snapshot: str,
    tables: Sequence[ReleasedTable],
    districts: Sequence[str],
    was_tried: bool,
) -> None:
    """Move the pointer, unless a role would read what it must not."""
    with session.transaction():
        grant_and_guard(session, roles, tables)
        own = count_own_rows(session, tables, snapshot)
        move_pointer(session, snapshot)
        require_access(session, roles, tables, districts, own, was_tried)


def _drop_old(session: Session, target: PostgresTarget, current: str, kept: Sequence[str]) -> str:
    """Remove the snapshots that are no longer kept, the list's entry first, and audiences that are left out now.

    Gives what there is to say of it: what somebody still reads could not go.
    """
    if any(name not in (*kept, current) for name in snapshots(session)):
        forget(session, [*kept, current])
    n_left = drop_others(session, list(snapshots(session)), target.audiences)
    drop_unused(session)
    return STILL_READ.format(tables=count(n_left, "table")) if n_left else ""
