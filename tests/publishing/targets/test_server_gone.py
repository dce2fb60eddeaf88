"""A server that crashes in the middle: the pointer is where it was, the night says so, and the next one works."""

import signal
from contextlib import ExitStack

import psycopg
import pytest

from ingestion.target_settings import PostgresTarget
from publishing.targets import postgres, postgres_tables
from publishing.targets.words import Served
from tests.publishing.targets.conftest import follow
from tests.publishing.targets.made_release import make_release
from tests.servers.postgres import make_cluster


@pytest.fixture(scope="module")
def cluster():
    with make_cluster() as made:
        yield made


MOMENTS = {
    "while rows are copied": (postgres_tables, "load_rows", 4),
    "before the rows are attached": (postgres, "attach", 0),
    "before the pointer moves": (postgres, "move_pointer", 0),
    "while each role is tried": (postgres, "require_access", 0),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_server__goes_away(home, cluster, monkeypatch, moment):
    uri = cluster.url.set(drivername="postgresql").render_as_string(hide_password=False)
    monkeypatch.setenv("SCHOOLSTAT_POSTGRES_URL", uri)
    target = PostgresTarget(timeout_seconds=5)
    room, name, n_calls = MOMENTS[moment]
    step, calls = getattr(room, name), []
    with ExitStack() as stack:
        stack.enter_context(cluster.running(signal.SIGQUIT))
        _forget_all(uri)
        first = make_release(home, 1)
        assert follow(home, target) == ["copied"]
        make_release(home, 2)

        def crash(*args):
            if len(calls) == n_calls:
                stack.close()
            calls.append(name)
            return step(*args)

        with monkeypatch.context() as patched:
            patched.setattr(room, name, crash)
            (message,) = follow(home, target)
        assert message.startswith("the server cannot be reached, or went away"), message
        assert follow(home, target)[0].startswith("the server cannot be reached, or went away")
    with cluster.running():
        assert postgres.served(target) == Served(first, tuple(sorted({first} | set(postgres.served(target).kept))))
        with psycopg.connect(uri) as connection:
            sql = "select distinct of_release from private.student_list"
            assert connection.execute(sql).fetchall() == [(1,)]
        assert follow(home, target)[0] in ("copied", "pointed")
        assert postgres.served(target).current == "r000002-00000002"


def _forget_all(uri):
    with psycopg.connect(uri, autocommit=True) as connection:
        for name in ("schoolstat", *postgres_tables.AUDIENCES, *postgres_tables.STORES):
            connection.execute(f"drop schema if exists {name} cascade")
