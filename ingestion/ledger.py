"""The ledger: an index of what landed, what was admitted, built, released and published.

Belongs here: reading and writing its rows. Does not belong here: which database holds them
(``ledger_database.py``) or what a row means for a night (``landing.py``, ``admission.py``, ``selection.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ingestion import ledger_tables as tables
from ingestion.home import Home
from ingestion.ledger_database import open_engine, open_file_engine

ROWS_AT_ONCE = 10_000

Row = dict[str, Any]


class Ledger:
    """Rows in, rows out; callers that write several things at once share one :meth:`begin`.

    Attributes:
        engine: the SQLAlchemy engine, already at the newest version.
    """

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self._writer = engine.execution_options(begin="IMMEDIATE")

    def begin(self) -> AbstractContextManager[sa.Connection]:
        """One transaction: all of it is kept, or nothing."""
        return self._writer.begin()

    def read(self, query: sa.Executable) -> list[Row]:
        """The rows of a query."""
        with self.engine.connect() as connection:
            found = connection.execute(query)
            names = tuple(found.keys())
            return [dict(zip(names, row, strict=True)) for row in found]

    def close(self) -> None:
        """Let go of the database's files."""
        self.engine.dispose()

    # Deliveries

    def delivery(self, delivery_id: str) -> Row | None:
        """One delivery, or None."""
        return _first(self.read(sa.select(tables.delivery).where(tables.delivery.c.delivery_id == delivery_id)))

    def deliveries(self) -> list[Row]:
        """All deliveries in order of arrival."""
        return self.read(sa.select(tables.delivery).order_by(tables.delivery.c.seq))

    def delivery_ids(self) -> set[str]:
        """The ids of all deliveries."""
        return {row["delivery_id"] for row in self.read(sa.select(tables.delivery.c.delivery_id))}

    def slots(self, delivery_id: str) -> list[Row]:
        """The slots that a delivery filled."""
        slot = tables.delivery_slot
        order = (slot.c.district_id, slot.c.extract, slot.c.school_year)
        return self.read(sa.select(slot).where(slot.c.delivery_id == delivery_id).order_by(*order))

    def rejects(self, delivery_id: str) -> list[Row]:
        """The rows of a delivery that were refused: file, line, column, rule, reason; never a value."""
        reject = tables.reject
        return self.read(sa.select(reject).where(reject.c.delivery_id == delivery_id).order_by(reject.c.id))

    def next_delivery_seq(self) -> int:
        """The place in the order of arrival that the next delivery takes."""
        return self._next(tables.delivery.c.seq)

    def record_delivery(self, record: Mapping[str, Any]) -> None:
        """Append one delivery as its sidecar describes it: itself, its slots, rejects, rule results and differences."""
        with self.begin() as connection:
            insert(connection, tables.delivery, [record["delivery"]])
            insert(connection, tables.delivery_slot, record["slots"])
            insert(connection, tables.reject, record["rejects"])
            insert(connection, tables.rule_result, record["rule_results"])
            insert(connection, tables.delivery_difference, record.get("differences", ()))

    # Inbox

    def inbox_files(self) -> dict[str, Row]:
        """What is known of each file of the inbox, by its path."""
        return {row["path"]: row for row in self.read(sa.select(tables.inbox_file))}

    def record_inbox_file(self, row: Row) -> None:
        """Remember a file's size, time, hash and outcome."""
        with self.begin() as connection:
            connection.execute(sa.delete(tables.inbox_file).where(tables.inbox_file.c.path == row["path"]))
            connection.execute(sa.insert(tables.inbox_file), row)

    # Rules and admissions

    def record_rule_results(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rule results (``door, subject, rule_id, scope, district_id, …, status``)."""
        with self.begin() as connection:
            insert(connection, tables.rule_result, rows)

    def rule_results(self, subject: str) -> list[Row]:
        """The rule results of a delivery or a build, oldest first."""
        result = tables.rule_result
        return self.read(sa.select(result).where(result.c.subject == subject).order_by(result.c.id))

    def record_admissions(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append one batch of admission rows, all or none."""
        with self.begin() as connection:
            insert(connection, tables.admission, rows)

    def admissions(self) -> list[Row]:
        """All admission rows, oldest first."""
        return self.read(sa.select(tables.admission).order_by(tables.admission.c.seq))

    def next_admission_seq(self) -> int:
        """The number that the next admission row takes."""
        return self._next(tables.admission.c.seq)

    # Builds

    def build(self, build_id: str) -> Row | None:
        """One build, or None."""
        return _first(self.read(sa.select(tables.build).where(tables.build.c.build_id == build_id)))

    def start_build(self, build_id: str, selection_hash: str, code_hash: str, config_hash: str, as_of: date) -> None:
        """Record that a build begins; a build known already keeps its state."""
        row = {
            "build_id": build_id,
            "selection_hash": selection_hash,
            "code_hash": code_hash,
            "config_hash": config_hash,
            "as_of": as_of,
            "admission_seq": self.next_admission_seq() - 1,
            "state": "started",
            "created_at": utc_now(),
        }
        with self.begin() as connection:
            known = connection.execute(sa.select(tables.build.c.state).where(tables.build.c.build_id == build_id))
            if known.first() is None:
                connection.execute(sa.insert(tables.build), row)

    def mark_built(self, build_id: str) -> None:
        """The build's file is whole and stands under its id; one that was released before stays released."""
        known = self.build(build_id)
        if known is None or known["state"] != "released":
            self._mark(build_id, {"started", "built"}, state="built")

    def mark_released(self, build_id: str) -> None:
        """A release was made of the build."""
        self._mark(build_id, {"started", "built", "released"}, state="released")

    def mark_refused(self, build_id: str, door: int, reason: str) -> None:
        """A door refused the build: for good, no later mark changes it."""
        before = {"started", "built", "released"}
        self._mark(build_id, before, state="refused", refused_at_door=door, reason=reason)

    def _mark(self, build_id: str, allowed_before: set[str], **values: Any) -> None:
        """Change a build's state, if it stands in one of the states allowed before."""
        build = tables.build
        allowed = (build.c.build_id == build_id) & build.c.state.in_(allowed_before)
        with self.begin() as connection:
            if connection.execute(sa.update(build).where(allowed).values(**values)).rowcount:
                return
        known = self.build(build_id)
        state = known["state"] if known else "unknown"
        if state != values["state"]:
            raise ValueError(f"build {build_id} is {state}: it cannot become {values['state']}")

    # Releases and publications

    def released_build(self, release_link: Path) -> Row | None:
        """The build behind the link to the current release; None before the first release."""
        release = self.release(release_link.resolve().name) if release_link.is_symlink() else None
        return self.build(release["build_id"]) if release else None

    def record_release(self, release_id: str, build_id: str, content_hash: str, previous_release_id: str | None) -> Row:
        """Append a release; the same release again changes nothing. Gives its row."""
        known = self.release(release_id)
        if known is not None:
            return known
        row = {
            "release_id": release_id,
            "seq": self._next(tables.release.c.seq),
            "build_id": build_id,
            "content_hash": content_hash,
            "previous_release_id": previous_release_id,
            "released_at": utc_now(),
        }
        with self.begin() as connection:
            connection.execute(sa.insert(tables.release), row)
        return row

    def release(self, release_id: str) -> Row | None:
        """One release, or None."""
        return _first(self.read(sa.select(tables.release).where(tables.release.c.release_id == release_id)))

    def releases(self) -> list[Row]:
        """All releases, oldest first."""
        return self.read(sa.select(tables.release).order_by(tables.release.c.seq))

    def record_publications(self, release_id: str, rows: Iterable[Sequence[Any]]) -> int:
        """Append what others will see of a release, once: rows whose id is known stay as they were.

        Args:
            release_id: the release.
            rows: all columns of the table in its order; there are too many for a dict each, or for all at once.

        Returns:
            The number added.
        """
        publication, added = tables.publication, 0
        statement = str(sa.insert(publication).compile(self.engine))
        with self.begin() as connection:
            of_release = publication.c.release_id == release_id
            known = set(connection.execute(sa.select(publication.c.publication_id).where(of_release)).scalars())
            new = (tuple(row) for row in rows if row[0] not in known)
            while batch := list(islice(new, ROWS_AT_ONCE)):
                connection.exec_driver_sql(statement, batch)
                added += len(batch)
        return added

    def _next(self, column: sa.Column[int]) -> int:
        """One more than the largest number given so far."""
        with self.engine.connect() as connection:
            return (connection.execute(sa.select(sa.func.max(column))).scalar() or 0) + 1


def insert(connection: sa.Connection, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert many rows with one statement; columns that a row does not name become NULL."""
    names = {column.name for column in table.columns if column.name != "id"}
    complete: Sequence[Mapping[str, Any]] = [
        row if row.keys() == names else {name: row.get(name) for name in names} for row in rows
    ]
    if complete:
        connection.execute(sa.insert(table), complete)


def utc_now() -> str:
    """The time for the ledger's records (never for a build): UTC, ISO text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def open_ledger(home: Home) -> Ledger:
    """Open a home's ledger at the newest version."""
    return Ledger(open_engine(home))


def open_file_ledger(home: Home) -> Ledger:
    """The ledger of a stage: a file in it, whatever server the environment names for the home's own."""
    return Ledger(open_file_engine(home))


def _first(rows: list[Row]) -> Row | None:
    """The only row, or None."""
    return rows[0] if rows else None
