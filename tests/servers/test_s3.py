"""Fetching from a real S3-compatible server."""

import pytest

from tests.ingestion.sources.conftest import fetching, words

__all__ = ["fetching"]


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    monkeypatch.setenv("TEST_S3_ACCESS_KEY", "test")
    monkeypatch.setenv("TEST_S3_SECRET_KEY", "test")


def test_s3__takes_objects_below_the_prefix_and_then_nothing(fetching, s3_server):
    s3_server.put("night/2025/gl.csv", b"a,b\n" * 300_000)
    s3_server.put("nightly.csv", b"another prefix")
    first = fetching.fetch(s3_server.source("night"))
    assert first.outcome == "fetched", first.message
    assert fetching.arrived() == {"lake/2025/gl.csv": b"a,b\n" * 300_000}
    again = fetching.fetch(s3_server.source("night"))
    assert (again.outcome, words(again)) == ("nothing_new", {"gl.csv": "unchanged"})
    s3_server.put("night/2025/gl.csv", b"c")
    assert words(fetching.fetch(s3_server.source("night"))) == {"gl.csv": "fetched"}
    assert fetching.arrived() == {"lake/2025/gl.csv": b"c"}


def test_s3__follows_the_rule_of_manifests_too(fetching, s3_server):
    s3_server.put("promised/gl.csv", b"one")
    source = s3_server.source("promised", complete="manifest")
    assert words(fetching.fetch(source)) == {"gl.csv": "waiting"}
    s3_server.put("promised/gl.csv.manifest.json", b'{"rows": 1}')
    assert words(fetching.fetch(source)) == {"gl.csv": "fetched"}


def test_s3__a_prefix_with_nothing_in_it_yet_has_nothing_new(fetching, s3_server):
    outcome = fetching.fetch(s3_server.source("not-yet"))
    assert (outcome.outcome, outcome.message) == ("nothing_new", "")


def test_s3__a_key_that_leads_elsewhere_is_refused(fetching, s3_server):
    s3_server.put("hostile/a/../../evil.csv", b"x")
    s3_server.put("hostile/good.csv", b"x")
    outcome = fetching.fetch(s3_server.source("hostile"))
    assert words(outcome)["good.csv"] == "fetched"
    assert fetching.arrived() == {"lake/good.csv": b"x"}


def test_s3__no_bucket_nobody_or_no_key_is_an_outcome(fetching, s3_server, monkeypatch):
    from tests.servers.process import LOOPBACK, free_port

    nobody = fetching.fetch(s3_server.source("", endpoint=f"http://{LOOPBACK}:{free_port()}", timeout_seconds=1))
    no_bucket = fetching.fetch(s3_server.source("", bucket="no-such-bucket"))
    monkeypatch.delenv("TEST_S3_SECRET_KEY")
    no_key = fetching.fetch(s3_server.source(""))
    assert [one.outcome for one in (nobody, no_bucket, no_key)] == ["unreachable", "refused", "not_configured"]
    assert "TEST_S3_SECRET_KEY" in no_key.message
