"""The database that holds a ledger: the home's SQLite file, or a schema of a PostgreSQL server.

Belongs here: where the ledger lies, opening it at the newest version, setting it aside for a new one. Does not belong
here: its rows (``ledger.py``) or its tables (``ledger_tables.py``).

``SCHOOLSTAT_LEDGER_URL`` names a PostgreSQL database; its key ``schema`` the schema, one for each home
(``postgresql://host/base?schema=cedar``). Without it the ledger is ``ledger.db`` in the home.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError

from ingestion.home import Home, HomeError

NEWEST_VERSION = "0005"
"""The newest step of ``migrations/versions``; a ledger that stands there opens without Alembic."""

URL_VARIABLE = "SCHOOLSTAT_LEDGER_URL"
DEFAULT_SCHEMA = "schoolstat"
_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,30}")
_PART_OF_SET_ASIDE = "%Y%m%dT%H%M%S%f"


def open_engine(home: Home) -> sa.Engine:
    """Open a home's ledger at the newest version; Alembic is imported only when a step is missing.

    Raises:
        HomeError: ``SCHOOLSTAT_LEDGER_URL`` does not name a PostgreSQL database.
    """
    home.ensure()
    url = server_url()
    engine = _open_file(home.ledger_path) if url is None else _open_schema(url, _schema(url))
    bring_up_to_date(engine)
    return engine


def open_file_engine(home: Home) -> sa.Engine:
    """Open the ledger that lies in a home as a file, at the newest version."""
    home.ensure()
    engine = _open_file(home.ledger_path)
    bring_up_to_date(engine)
    return engine


def ledger_exists(home: Home) -> bool:
    """Whether a ledger was ever opened for the home; on a server that is for the home's record to say."""
    return home.ledger_path.exists() if server_url() is None else home.served() is not None


def set_aside(home: Home) -> sa.Engine | None:
    """Give the ledger a name of its own, so that a new one can take its place; None when there was none.

    A file becomes ``ledger-before-<time>.db``, a schema ``<schema>_before_<time>``. Nothing is removed.
    """
    url = server_url()
    return _set_file_aside(home.ledger_path) if url is None else _set_schema_aside(url, _schema(url))


def place_of(engine: sa.Engine) -> str:
    """The file or the schema of an opened ledger, by the name that people find it under."""
    return str(engine.get_execution_options().get("schema") or Path(str(engine.url.database)).name)


def bring_up_to_date(engine: sa.Engine) -> None:
    """Take the database to the newest version, if it is not there."""
    if _version(engine) != NEWEST_VERSION:
        migrate(engine)


def migrate(engine: sa.Engine) -> None:
    """Take the database to the newest version, in one transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.set_main_option("path_separator", "os")
    with engine.execution_options(begin="IMMEDIATE").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def server_url() -> sa.URL | None:
    """The PostgreSQL database that the environment names, or None.

    Raises:
        HomeError: it names something else; the message does not quote it, as it may hold a password.
    """
    text = os.environ.get(URL_VARIABLE, "")
    if not text:
        return None
    try:
        url = sa.make_url(text)
    except ArgumentError:
        raise HomeError(f"{URL_VARIABLE} is not a database's URL: write postgresql://user@host/base") from None
    if url.get_backend_name() != "postgresql":
        raise HomeError(f"{URL_VARIABLE} must name a PostgreSQL database; leave it out for a file in the home")
    if not _SCHEMA.fullmatch(_schema(url)):
        raise HomeError(f"{URL_VARIABLE}: schema must be of small letters, digits and '_', thirty at most")
    return url


def _schema(url: sa.URL) -> str:
    return str(url.query.get("schema", DEFAULT_SCHEMA))


def _version(engine: sa.Engine) -> str | None:
    """The step at which a database stands; None for a new one."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(sa.text("select version_num from alembic_version")).scalar()


# The home's file


def _open_file(path: Path) -> sa.Engine:
    path.touch(mode=0o600)
    path.chmod(0o600)  # SQLite gives its journals the same mode.
    engine = sa.create_engine(f"sqlite:///{path}")
    _listen_to_sqlite(engine)
    return engine


def _listen_to_sqlite(engine: sa.Engine) -> None:
    """Readers beside one writer, checked foreign keys, and transactions that begin when asked, also for DDL."""

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("pragma busy_timeout = 30000")
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma cache_size = -65536")  # 64 MB: two make a night's publications a third dearer

    @event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(f"begin {connection.get_execution_options().get('begin', 'deferred')}")


def _set_file_aside(path: Path) -> sa.Engine | None:
    if not path.exists():
        return None
    target = path.with_name(f"ledger-before-{datetime.now(UTC):{_PART_OF_SET_ASIDE}}.db")
    for suffix in ("-wal", "-shm", ""):
        part = Path(f"{path}{suffix}")
        if part.exists():
            part.rename(f"{target}{suffix}")
    return sa.create_engine(f"sqlite:///{target}")


# A schema of a server


def _connect(url: sa.URL, schema: str) -> sa.Engine:
    """An engine whose unqualified names are the schema's; values go in by place, as they do in SQLite."""
    with_driver = url.set(drivername="postgresql+psycopg").difference_update_query(["schema"])
    options = {"options": f"-csearch_path={schema} -ctimezone=UTC"}
    engine = sa.create_engine(with_driver, connect_args=options, paramstyle="format", pool_pre_ping=True)
    return engine.execution_options(schema=schema)


def _has_schema(connection: sa.Connection, schema: str) -> bool:
    return sa.inspect(connection).has_schema(schema)


def _open_schema(url: sa.URL, schema: str) -> sa.Engine:
    """The schema, made when it is not there: that alone needs the right to create one."""
    engine = _connect(url, schema)
    with engine.begin() as connection:
        if _has_schema(connection, schema):
            return engine
        connection.execute(sa.schema.CreateSchema(schema))
    engine.dispose()  # the dialect learns its default schema from the first connection
    return _connect(url, schema)


def _set_schema_aside(url: sa.URL, schema: str) -> sa.Engine | None:
    target = f"{schema}_before_{datetime.now(UTC):{_PART_OF_SET_ASIDE}}".lower()
    engine = _connect(url, schema)
    with engine.begin() as connection:
        if not _has_schema(connection, schema):
            return None
        connection.exec_driver_sql(f'alter schema "{schema}" rename to "{target}"')
    engine.dispose()
    return _connect(url, target)
