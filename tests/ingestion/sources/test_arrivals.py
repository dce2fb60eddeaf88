"""What was fetched goes the way of every other file: into landing, through the inbox."""

import shutil
import sqlite3

import pytest
import yaml

from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.inbox import list_new_files, process_inbox
from ingestion.ledger import open_ledger
from ingestion.sources.fetch import fetch_sources

HEADINGS = "district_id,school_year,fiscal_year,period,account_id,txn_id,amount,school_id"
DISTRICT = "99010000"


@pytest.fixture
def ours(repository, tmp_path):
    """The demo's collaborative with a drop folder and a database as its sources."""
    folder = shutil.copytree(repository / "collaboratives", tmp_path / "collaboratives") / "demo"
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "gl_actuals.csv").write_text(f"{HEADINGS}\n", encoding="utf-8")
    (drop / "gl_actuals.csv.done").touch()
    with sqlite3.connect(tmp_path / "books.db") as connection:
        connection.execute("create table calendar (school_id text, calendar_code text, date date)")
    sources = [
        {"source": "drop", "kind": "folder", "path": str(drop), "complete": "done", "under": f"{DISTRICT}/2025"},
        {
            "source": "books",
            "kind": "sql",
            "url_from": {"env": "TEST_BOOKS_URL"},
            "extracts": [{"extract": "calendar", "table": "calendar", "file": f"{DISTRICT}/2025/calendar.csv"}],
        },
    ]
    (folder / "sources.yaml").write_text(yaml.safe_dump({"sources": sources}), encoding="utf-8")
    return folder


def test_process_inbox__reads_what_was_fetched_beside_the_inbox(ours, tmp_path, monkeypatch):
    monkeypatch.setenv("TEST_BOOKS_URL", f"sqlite:///{tmp_path / 'books.db'}")
    collaborative = load_collaborative(ours)
    home = Home(tmp_path / "home")
    ledger = open_ledger(home)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    outcomes = fetch_sources(home, ledger, collaborative.sources)
    assert [outcome.outcome for outcome in outcomes] == ["fetched", "fetched"]
    new = list_new_files(ledger, collaborative.mappings, inbox, home.incoming)
    result = process_inbox(home, ledger, collaborative, inbox)
    expected = [
        f"incoming/{source}/{DISTRICT}/2025/{name}.csv"
        for source, name in (("books", "calendar"), ("drop", "gl_actuals"))
    ]
    assert [file.relative_path for file in new] == expected
    assert [file.relative_path for file in result.files] == expected
    assert all(file.outcome in ("landed", "quarantined") for file in result.files), result.files
    again = process_inbox(home, ledger, collaborative, inbox)
    assert {file.outcome for file in again.files} == {"unchanged"}
    ledger.close()
