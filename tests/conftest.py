"""Fixtures that every room's tests share."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ingestion.home import Home
from ingestion.ledger import open_ledger
from tests.ingestion.small_deliveries import Place
from tests.servers.fixtures import mariadb_base, postgres_base, s3_server, sftp_server

__all__ = ["mariadb_base", "postgres_base", "s3_server", "sftp_server"]

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A home, its ledger and an inbox, all empty."""
    (tmp_path / "inbox").mkdir()
    home = Home(tmp_path / "home").ensure()
    with closing(open_ledger(home)) as ledger:
        yield Place(home, ledger, tmp_path / "inbox")


@pytest.fixture(scope="session")
def real_records() -> Path:
    """The folder that holds ``ma_dese_profiles/``; missing in CI it is a failure, elsewhere a skip."""
    folder = Path(os.environ.get("SCHOOLSTAT_REAL_RECORDS", "")).expanduser()
    if os.environ.get("SCHOOLSTAT_REAL_RECORDS") and (folder / "ma_dese_profiles").is_dir():
        return folder
    message = "needs the state's files: set SCHOOLSTAT_REAL_RECORDS to the folder that holds ma_dese_profiles/"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
