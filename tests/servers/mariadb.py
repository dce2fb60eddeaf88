"""A MariaDB server of Debian's package in a folder of its own."""

import getpass
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.servers.process import LOOPBACK, free_port, is_listening, need, own_folder, running

USER, PASSWORD, BASE = "reader", "not-a-secret", "records"


@contextmanager
def run_mariadb() -> Iterator[sa.URL]:
    """A server until the block ends; the URL of its base ``records``."""
    install = need("mariadb-install-db", "mariadb-server")
    server = need("mariadbd", "mariadb-server")
    as_user = f"--user={'root' if os.getuid() == 0 else getpass.getuser()}"
    with own_folder("schoolstat-mariadb-") as folder:
        data, port = folder / "data", free_port()
        once = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        subprocess.run([install, "--no-defaults", as_user, f"--datadir={data}", *once], check=True, capture_output=True)
        serve = [server, "--no-defaults", as_user, f"--datadir={data}", f"--port={port}", f"--bind-address={LOOPBACK}"]
        quick = ["--skip-log-bin", "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=32M"]
        own = [f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}"]
        with running([*serve, *quick, *own], folder / "log", lambda: _answers(port, data)):
            yield _make_base(port)


def _root(port: int) -> sa.Engine:
    return sa.create_engine(sa.URL.create("mysql+pymysql", "root", host=LOOPBACK, port=port, database="mysql"))


def _answers(port: int, data: Path) -> bool:
    if not is_listening(port):
        return False
    engine = _root(port)
    try:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("select @@datadir").scalar()
    except sa.exc.OperationalError:
        return False  # it is still starting
    finally:
        engine.dispose()
    if str(found).rstrip("/") != str(data):
        pytest.fail(f"another MariaDB answers on port {port}")
    return True


def _make_base(port: int) -> sa.URL:
    engine = _root(port)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"create database {BASE}")
        connection.exec_driver_sql(f"create user {USER} identified by '{PASSWORD}'")
        connection.exec_driver_sql(f"grant all on {BASE}.* to {USER}")
    engine.dispose()
    return sa.URL.create("mysql+pymysql", USER, PASSWORD, host=LOOPBACK, port=port, database=BASE)
