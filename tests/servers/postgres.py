"""A PostgreSQL server of Debian's package, without fsync, as its own user: it refuses to run as root."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.servers.process import LOOPBACK, free_port, is_listening, need, own_folder, running

USER = "postgres"
ENGLISH = ("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
"""An order of texts that is not that of their bytes."""


def binaries() -> Path:
    """The folder of the newest PostgreSQL that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    return Path(need((found or [Path("/usr/lib/postgresql")])[-1] / "initdb", "postgresql")).parent


def _as_user() -> list[str]:
    return ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--"] if os.getuid() == 0 else []


@contextmanager
def run_postgres() -> Iterator[sa.URL]:
    """A server until the block ends; the URL of its base ``postgres``."""
    programs = binaries()
    with own_folder("schoolstat-postgres-", USER if os.getuid() == 0 else None) as folder:
        data, port = folder / "data", free_port()
        start = [*_as_user(), programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-N", "-E", "UTF8"]
        subprocess.run([*start, *ENGLISH], check=True, capture_output=True)
        serve = [*_as_user(), programs / "postgres", "-D", data, "-p", str(port), "-k", folder, "-h", LOOPBACK]
        url = sa.URL.create("postgresql+psycopg", USER, host=LOOPBACK, port=port, database="postgres")
        settings = ["-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "full_page_writes=off"]
        # SIGINT: it waits for nobody who is still connected
        with running([*serve, *settings], folder / "log", lambda: _answers(url, port, data), signal.SIGINT):
            yield url


def _answers(url: sa.URL, port: int, data: Path) -> bool:
    if not is_listening(port):
        return False
    engine = sa.create_engine(url)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("show data_directory").scalar()
    except sa.exc.OperationalError:
        return False  # it is still starting
    finally:
        engine.dispose()
    if found != str(data):
        pytest.fail(f"another PostgreSQL answers on port {port}")
    return True
