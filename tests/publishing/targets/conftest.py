"""A database of its own, with roles of its own, on the session's server; a bucket's prefix of its own; a home."""

from dataclasses import dataclass

import psycopg
import pytest

from ingestion.home import Home
from ingestion.target_settings import BucketTarget, PostgresTarget, TargetSettings
from publishing.targets.follow import follow_current
from publishing.targets.postgres_layout import Roles
from tests.servers.process import unique
from tests.servers.s3 import REGION

COLLABORATIVE = "cedar"


@dataclass(frozen=True)
class Database:
    """A database of the session's server."""

    uri: str
    target: PostgresTarget

    @property
    def roles(self) -> Roles:
        return Roles(self.target.role_prefix)

    def connect(self, role=None):
        """A connection of the superuser, or of a login that is a member of one role and nothing else."""
        if role is None:
            return psycopg.connect(self.uri, autocommit=True)
        login = f"{role}_login"
        with psycopg.connect(self.uri, autocommit=True) as connection:
            if not connection.execute("select from pg_roles where rolname = %s", [login]).fetchall():
                connection.execute(f'create role "{login}" login in role "{role}"')
        return psycopg.connect(self.uri, user=login, autocommit=True)

    def ask(self, sql, role=None):
        with self.connect(role) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def database(postgres_base, monkeypatch):
    name = unique("release")
    uri = postgres_base.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    server = postgres_base.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    monkeypatch.setenv("SCHOOLSTAT_POSTGRES_URL", uri)
    yield Database(uri, PostgresTarget(role_prefix=unique("t"), timeout_seconds=5))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
def bucket(s3_server, monkeypatch):
    monkeypatch.setenv("TEST_S3_ACCESS_KEY", "test")
    monkeypatch.setenv("TEST_S3_SECRET_KEY", "test")
    keys = {"access_key_from": {"env": "TEST_S3_ACCESS_KEY"}, "secret_key_from": {"env": "TEST_S3_SECRET_KEY"}}
    where = {"bucket": s3_server.bucket, "endpoint": s3_server.endpoint, "region": REGION, "path": unique("release")}
    return BucketTarget.model_validate({**where, **keys, "timeout_seconds": 5})


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "small").ensure()


def follow(home, postgres=None, s3=None):
    """Bring the targets to the home's current release; gives each one's outcome, or the message of its fault."""
    outcomes = follow_current(home, TargetSettings(postgres=postgres, s3=s3), COLLABORATIVE)
    return [one.message or one.outcome for one in outcomes]
