"""A PostgreSQL server of Debian's package, without fsync, as its own user: it refuses to run as root."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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
    with make_cluster() as cluster, cluster.running():
        yield cluster.url


@dataclass(frozen=True)
class Cluster:
    """The files of a server, which may be started more than once."""

    folder: Path
    port: int

    @property
    def url(self) -> sa.URL:
        """Of its base ``postgres``."""
        return sa.URL.create("postgresql+psycopg", USER, host=LOOPBACK, port=self.port, database="postgres")

    @contextmanager
    def running(self, stop: signal.Signals = signal.SIGINT) -> Iterator[None]:
        """The server, until the block ends: SIGINT waits for nobody who is connected, SIGQUIT is a crash."""
        data = self.folder / "data"
        command = [*_as_user(), binaries() / "postgres", "-D", data, "-p", str(self.port), "-k", self.folder]
        settings = ["-h", LOOPBACK, "-c", "fsync=off", "-c", "shared_buffers=32MB", "-c", "full_page_writes=off"]
        with running([*command, *settings], self.folder / "log", lambda: _answers(self.url, self.port, data), stop):
            yield


@contextmanager
def make_cluster() -> Iterator[Cluster]:
    """The files of a new server, until the block ends."""
    with own_folder("schoolstat-postgres-", USER if os.getuid() == 0 else None) as folder:
        start = [
            *_as_user(),
            binaries() / "initdb",
            "-D",
            folder / "data",
            "-U",
            USER,
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
        ]
        subprocess.run([*start, *ENGLISH], check=True, capture_output=True)
        yield Cluster(folder, free_port())


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
