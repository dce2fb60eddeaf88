"""A secret in a URL appears nowhere: not where it works, and not where the server is gone or the URL is no URL."""

import logging
from contextlib import closing
from dataclasses import asdict

import pytest

from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.night_record import record_night
from ingestion.sources.configuration import load_sources
from ingestion.sources.fetch import fetch_sources
from ingestion.target_settings import PostgresTarget, TargetSettings
from publishing.targets.follow import ask_targets, follow_current
from tests.publishing.targets.made_release import make_release

SECRET = "geheim-Kanarie-7"
SOURCE = """sources:
  - source: books
    kind: sql
    url_from: {env: TEST_SECRET_URL}
    extracts:
      - {extract: ledger, table: lines, file: ledger.parquet, district: "00010000"}
"""
URLS = {
    "nobody listens": f"postgresql://reader:{SECRET}@127.0.0.1:1/base",
    "no such host": f"postgresql://reader:{SECRET}@nowhere.invalid/base",
    "a port that is no number": f"postgresql://reader:{SECRET}@127.0.0.1:port/base",
    "another database": f"oracle://reader:{SECRET}@127.0.0.1:1/base",
    "no URL at all": f"reader {SECRET} at base",
    "a slash in the password": f"postgresql://reader:{SECRET}/{SECRET}@127.0.0.1/base",
    "an option that is unknown": f"postgresql://reader:{SECRET}@127.0.0.1:1/base?{SECRET}={SECRET}",
}


@pytest.fixture(params=URLS)
def told(request, tmp_path, monkeypatch, caplog, capfd):
    """All that a run says of the secret's URL: what is returned, logged at any level, printed, and left on disk."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TEST_SECRET_URL", URLS[request.param])
    home = Home(tmp_path / "home").ensure()
    said = []
    yield home, said
    captured = capfd.readouterr()
    said += [captured.out, captured.err, caplog.text, *(repr(record.__dict__) for record in caplog.records)]
    said += [path.read_bytes().decode("utf-8", "replace") for path in home.path.rglob("*") if path.is_file()]
    assert any(said)
    assert [text for text in said if SECRET in text] == []


def test_secrets__of_a_target_that_fails(told):
    home, said = told
    make_release(home, 1, rows=1)
    target = PostgresTarget.model_validate({"url_from": {"env": "TEST_SECRET_URL"}, "timeout_seconds": 2})
    settings = TargetSettings(postgres=target)
    outcomes = follow_current(home, settings, "cedar")
    assert [one.outcome for one in outcomes] == ["failed"]
    record_night(home, targets=[asdict(one) for one in outcomes])
    said += [repr(outcomes), repr(ask_targets(settings)), repr(settings), settings.model_dump_json()]


def test_secrets__of_a_database_that_is_a_source_and_fails(told, tmp_path):
    home, said = told
    (tmp_path / "sources.yaml").write_text(SOURCE, encoding="utf-8")
    faults: list[str] = []
    sources = load_sources(tmp_path, {"00010000"}, faults)
    assert faults == []
    with closing(open_ledger(home)) as ledger:
        outcomes = fetch_sources(home, ledger, sources)
    (outcome,) = outcomes
    assert not outcome.is_well or [file.outcome for file in outcome.files] == ["failed"]
    said += [repr(outcomes), repr(sources)]
