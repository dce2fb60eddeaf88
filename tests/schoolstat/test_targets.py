"""A night with a target: copied, left behind while the server is away, caught up, gone back from."""

import json
from decimal import Decimal

import psycopg
import pytest

from tests.servers.postgres import make_cluster

pytestmark = pytest.mark.xdist_group("nights")


def served(uri):
    with psycopg.connect(uri) as connection:
        return connection.execute("select snapshot_id from shared.release_info").fetchall()[0][0]


def test_targets__a_night_copies_to_them_and_the_next_one_catches_up(house, schoolstat, monkeypatch):
    first = house.current()
    with make_cluster() as cluster:
        uri = cluster.url.set(drivername="postgresql").render_as_string(hide_password=False)
        monkeypatch.setenv("SCHOOLSTAT_POSTGRES_URL", uri)
        with cluster.running():
            quiet = schoolstat("refresh", "--inbox", str(house.inbox))
            assert (quiet.code, served(uri)) == (0, first), quiet.out
            assert "nothing to build" in quiet.out
            assert "postgres has it" in quiet.out
        house.move_line_items(Decimal("100.00"))
        away = schoolstat("refresh", "--inbox", str(house.inbox))
        second = house.current()
        assert (away.code, second != first) == (4, True)
        assert "postgres keeps what it had: the server cannot be reached, or went away" in away.out
        assert "outcome" in away.out
        assert "released, as of" in away.out
        listed = json.loads(schoolstat("releases", "list", "--json").out)
        assert "cannot be reached" in listed["targets"][0]["message"]
        assert [one["is_current"] for one in listed["releases"]] == [True, False]
        with cluster.running():
            assert served(uri) == first
            assert schoolstat("refresh", "--inbox", str(house.inbox)).code == 0
            assert served(uri) == second
            back = schoolstat("releases", "rollback")
            assert (back.code, served(uri)) == (0, first)
            assert "postgres has it (pointed" in back.out
            told = json.loads(schoolstat("releases", "list", "--json").out)["targets"]
            assert told == [{"target": "postgres", "current": first, "kept": [first, second], "message": ""}]
        assert schoolstat("releases", "copy").code == 4
