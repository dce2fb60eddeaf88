"""The servers as fixtures: each is started by the first test of the session that needs it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from tests.servers.mariadb import run_mariadb
from tests.servers.postgres import run_postgres
from tests.servers.s3 import S3Server, run_s3
from tests.servers.sshd import SftpServer, run_sshd


@pytest.fixture(scope="session")
def postgres_base() -> Iterator[sa.URL]:
    """A base of a PostgreSQL server; each test names its schemas and tables as no other does."""
    with run_postgres() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb_base() -> Iterator[sa.URL]:
    """A base of a MariaDB server; each test names its tables as no other does."""
    with run_mariadb() as url:
        yield url


@pytest.fixture(scope="session")
def sftp_server() -> Iterator[SftpServer]:
    """An sshd that serves files; each test reads a folder of its own."""
    with run_sshd() as server:
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """An S3-compatible server; each test reads a prefix of its own."""
    with run_s3() as server:
        yield server
