"""A connection to the PostgreSQL target, and its errors in our own words.

Belongs here: connecting, one publisher at a time, and what an error means. Does not belong here: any object in the
database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from ingestion.sources.outcomes import SourceFault
from ingestion.target_settings import PostgresTarget
from publishing.targets.words import TargetFault

if TYPE_CHECKING:
    import psycopg
    from adbc_driver_manager import dbapi

OLDEST = 150_000
"""PostgreSQL 15: the first whose views can leave row-level security to who reads them."""

ONE_AT_A_TIME = "schoolstat publishes"
GONE = {"08", "57", "53"}
"""Classes of errors of a server that cannot go on: connection, shut down, resources."""


class Session:
    """A connection whose statements stand by themselves unless a transaction is begun."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def run(self, sql: str, values: Sequence[Any] | Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a statement; gives its rows."""
        cursor = self._connection.execute(sql.encode(), values)
        return cursor.fetchall() if cursor.description is not None else []

    def transaction(self) -> AbstractContextManager[object]:
        """All statements in it, or none; in another one, a savepoint."""
        return self._connection.transaction()


def reveal_url(target: PostgresTarget) -> str:
    """The database's URL, as libpq reads it.

    Raises:
        TargetFault: it is not where the configuration says, or names no PostgreSQL database.
    """
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(target.url_from.reveal())
    except SourceFault as error:
        raise TargetFault(str(error)) from None
    except (ArgumentError, ValueError):  # of a port that is no number, which may be a part of the password
        raise TargetFault("the URL is not one of a database: write postgresql://user@host/base") from None
    if url.get_backend_name() != "postgresql":
        raise TargetFault("the URL must name a PostgreSQL database: write postgresql://user@host/base")
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def connected(target: PostgresTarget) -> Iterator[Session]:
    """A session; errors become faults.

    Raises:
        TargetFault: the server cannot be reached, is too old, refuses, or goes away.
    """
    import psycopg

    seconds = target.timeout_seconds
    with in_words():
        connection = psycopg.connect(
            reveal_url(target),
            autocommit=True,
            connect_timeout=seconds,
            tcp_user_timeout=seconds * 1000,
            application_name="schoolstat",
        )
        with connection:
            if connection.info.server_version < OLDEST:
                raise TargetFault(f"the server is PostgreSQL {connection.info.server_version // 10_000}; 15 is needed")
            session = Session(connection)
            session.run(f"set timezone = 'UTC'; set lock_timeout = '{seconds}s'; set client_min_messages = error")
            yield session


@contextmanager
def alone(session: Session) -> Iterator[None]:
    """Be the only publisher of this database; the server lets go of the lock of one that is gone."""
    session.run("select pg_advisory_lock(hashtext(%s))", [ONE_AT_A_TIME])
    yield
    session.run("select pg_advisory_unlock(hashtext(%s))", [ONE_AT_A_TIME])


@contextmanager
def loading(target: PostgresTarget, role: str) -> Iterator[dbapi.Cursor]:
    """A cursor that writes Arrow by ``COPY``, as a role; what it wrote stands at once."""
    import adbc_driver_postgresql.dbapi as adbc

    with in_words(), adbc.connect(reveal_url(target), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(f'set role "{role}"')
        yield cursor


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what the drivers raise into a fault without any value: their messages quote rows."""
    import psycopg
    from adbc_driver_manager import dbapi

    try:
        yield
    except psycopg.errors.LockNotAvailable:
        raise TargetFault(
            "somebody else publishes to this database, or holds a table for long; it is tried again next time"
        ) from None
    except psycopg.errors.InsufficientPrivilege:
        raise TargetFault(
            "the login may not do what publishing needs; docs/runbook.md, 'PostgreSQL', says what an administrator "
            "grants it once"
        ) from None
    except (psycopg.Error, dbapi.Error) as error:
        state = getattr(error, "sqlstate", None) or ""
        gone = not state or state[:2] in GONE
        word = "the server cannot be reached, or went away" if gone else "the server refused a statement"
        raise TargetFault(f"{word} ({type(error).__name__}{f', SQLSTATE {state}' if state else ''})") from None
