"""Reaching a database, and what its errors mean.

Belongs here: drivers, time limits, sessions that only read, and errors in words. Does not belong here: what is asked
(``sql.py``). No message quotes an error's text: it may hold a row's value or a password.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ingestion.sources.configuration import SqlSource
from ingestion.sources.outcomes import FileFault, SourceFault, SourceWord

DRIVERS = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
"""The drivers that are installed; another database needs its own, and its name in the URL."""

OF_THE_SOURCE: tuple[tuple[str, SourceWord, str], ...] = (
    (r"^28|^1045$|^1044$|^1698$", "refused", "refuses the user or the password"),
    (r"^3D000$|^1049$", "refused", "has no base of that name"),
    (r"^57014$|^3024$|^1969$|^2013$", "timed_out", "did not answer in time; it is tried again next time"),
    (
        r"^08|^57P|^53300$|^20\d\d$|^1040$|^SQLITE_(BUSY|LOCKED|CANTOPEN|IOERR|NOTADB|CORRUPT)",
        "unreachable",
        "cannot be reached; it is tried again next time",
    ),
)
OF_AN_EXTRACT = (
    (r"^42P01$|^1146$|^3F000$", "the table is not there: correct table or query"),
    (r"^42703$|^1054$", "a column is not there: correct columns, key or query"),
    (r"^42501$|^1142$|^1143$", "this user may not read it: have the right to select granted"),
    (r"^42|^1064$|^SQLITE_(ERROR|READONLY)$", "the database does not understand the query: try it there"),
)
"""What a code of PostgreSQL (five letters), of MariaDB (a number) or of SQLite (a name) means."""

SAID_WHEN_CONNECTING: tuple[tuple[str, SourceWord, str], ...] = (
    (r"authentication failed|pg_hba|role .* does not exist", *OF_THE_SOURCE[0][1:]),
    (r"database .* does not exist", *OF_THE_SOURCE[1][1:]),
    (r"[Tt]imed? ?out|timeout", *OF_THE_SOURCE[2][1:]),
)
"""PostgreSQL gives no code while a session is opened, only words."""


def open_database(source: SqlSource) -> sa.Engine:
    """An engine whose sessions only read; nothing is connected yet.

    Raises:
        SourceFault: the URL is missing or cannot be used.
    """
    try:
        url = sa.make_url(source.url_from.reveal())
        url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
        backend = url.get_backend_name()
        if backend == "sqlite":
            url = _only_reading(url)
        engine = sa.create_engine(url, connect_args=_limits(backend, source.timeout_seconds), poolclass=sa.NullPool)
        if backend in ("mysql", "mariadb"):
            event.listen(engine, "connect", _read_only)
        return engine
    except ArgumentError:
        raise SourceFault("not_configured", "what url_from names is not a database's URL") from None
    except (NoSuchModuleError, ImportError):
        raise SourceFault("not_configured", "no driver of that database is installed: install it with pip") from None


def _only_reading(url: sa.URL) -> sa.URL:
    """SQLite would make a file that is not there."""
    path = Path(url.database or "")
    if not path.is_file():
        raise SourceFault("unreachable", "the database's file is not there: correct what url_from names")
    return url.set(database=f"file:{path}").update_query_dict({"mode": "ro", "uri": "true"})


def _read_only(connection: Any, _: Any) -> None:
    """MariaDB has no word for it while a session is opened; PostgreSQL (``_limits``) and SQLite have."""
    with connection.cursor() as cursor:
        cursor.execute("set session transaction read only")


def _limits(backend: str, seconds: int) -> dict[str, Any]:
    connecting = min(seconds, 30)
    if backend == "postgresql":
        settings = f"-c statement_timeout={seconds * 1000} -c default_transaction_read_only=on"
        settings += " -c timezone=UTC -c datestyle=ISO -c intervalstyle=iso_8601 -c bytea_output=hex"
        return {"connect_timeout": connecting, "options": settings}
    if backend in ("mysql", "mariadb"):
        return {"connect_timeout": connecting, "read_timeout": seconds, "init_command": "set time_zone = '+00:00'"}
    return {}


def explain(error: Exception, *, is_connected: bool = False) -> SourceFault | FileFault:
    """What an error of the database means: for the whole source, or for one extract."""
    if isinstance(error, NoSuchTableError):
        return FileFault(OF_AN_EXTRACT[0][1])
    if isinstance(error, PoolTimeout):
        return SourceFault("timed_out", "the database did not answer in time; it is tried again next time")
    original = error.orig if isinstance(error, DBAPIError) else error
    code = _code(original)
    for words, outcome, meaning in OF_THE_SOURCE:
        if re.search(words, code):
            return SourceFault(outcome, f"the database {meaning}")
    for words, meaning in OF_AN_EXTRACT:
        if re.search(words, code):
            return FileFault(meaning)
    if not code:
        for words, outcome, meaning in SAID_WHEN_CONNECTING:
            if re.search(words, str(original)):
                return SourceFault(outcome, f"the database {meaning}")
    return _unknown(error, type(original).__name__, code, is_connected=is_connected)


def _unknown(error: Exception, name: str, code: str, *, is_connected: bool) -> SourceFault | FileFault:
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if is_lost or (isinstance(error, OperationalError) and not code and not is_connected):
        return SourceFault("unreachable", "the database cannot be reached; it is tried again next time")
    if "Could not decode to UTF-8" in str(error):  # SQLite's driver gives no code
        return FileFault("a text is not UTF-8: correct it there, or leave its column out with columns")
    return FileFault(f"the database refused the question ({name}{' ' + code if code else ''})")


def _code(original: Any) -> str:
    """The database's own code of an error; empty where there is none."""
    first = original.args[0] if getattr(original, "args", ()) else None
    if isinstance(first, int):
        return str(first)
    return str(getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None) or "")
