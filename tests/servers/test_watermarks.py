"""Extracts from real databases that take only what is newer, by a watermark."""

from datetime import datetime
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.mysql import DATETIME

from tests.ingestion.sources.conftest import fetching, words
from tests.servers.databases import Database, database, kind, read
from tests.servers.process import unique

__all__ = ["database", "fetching", "kind"]


@pytest.fixture
def growing(database):
    """A table with a key and a watermark."""
    table = sa.Table(
        unique("growing"),
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("amount", sa.Numeric(18, 2)),
        sa.Column("changed_at", sa.DateTime().with_variant(DATETIME(fsp=6), "mysql")),
    )
    table.create(database.engine)
    made = Database(database.url, database.engine, table)
    put(made, (1, "1.00", 1), (2, "2.00", 2), (3, "3.00", None))
    yield made
    table.drop(database.engine)


def put(database, *rows):
    for number, amount, day in rows:
        is_it = database.table.c.id == number
        database.run(sa.delete(database.table).where(is_it))
        changed = datetime.fromisoformat(f"2026-01-{day:02}T12:00:00.123456") if day else None
        values = {"id": number, "amount": Decimal(amount), "changed_at": changed}
        database.run(sa.insert(database.table), values)


def incremental(database, **more):
    return database.source(key=["id"], watermark="changed_at", district="00490000", **more)


def amounts(fetching):
    return {row["id"]: str(row["amount"]) for row in read(fetching).to_pylist()}


def test_watermark__lays_newer_rows_over_the_last_file_by_key(fetching, growing):
    from ingestion.sources.memory import watermarks

    fetching.fetch(incremental(growing))
    put(growing, (2, "2.50", 3), (4, "4.00", 3))
    fetching.wait(days=1)
    outcome = fetching.fetch(incremental(growing))
    assert words(outcome) == {"ledger.parquet": "fetched"}, outcome
    assert amounts(fetching) == {1: "1.00", 2: "2.50", 3: "3.00", 4: "4.00"}
    (mark,) = watermarks(fetching.ledger)
    assert (mark["watermark"], mark["n_rows"], mark["district_id"]) == ("2026-01-03T12:00:00.123456", 4, "00490000")
    assert (mark["full_at"][:10], mark["pulled_at"][:10]) == ("2026-01-12", "2026-01-13")
    assert set(fetching.arrived()) == {"books/ledger.parquet"}


def test_watermark__a_night_without_changes_leaves_the_file_as_it_is(fetching, growing):
    fetching.fetch(incremental(growing))
    before = fetching.arrived()
    assert words(fetching.fetch(incremental(growing))) == {"ledger.parquet": "unchanged"}
    assert fetching.arrived() == before


def test_watermark__asks_only_for_what_is_newer(fetching, growing):
    """A row that changes without its watermark is not seen, nor is one that goes, before everything is asked for."""
    fetching.fetch(incremental(growing))
    growing.run(sa.update(growing.table).where(growing.table.c.id == 1).values(amount=Decimal("9.00")))
    growing.run(sa.delete(growing.table).where(growing.table.c.id == 2))
    put(growing, (5, "5.00", 4))
    fetching.wait(days=1)
    fetching.fetch(incremental(growing))
    assert amounts(fetching) == {1: "1.00", 2: "2.00", 3: "3.00", 5: "5.00"}
    fetching.wait(days=6)
    fetching.fetch(incremental(growing, full_every_nights=7))
    assert amounts(fetching) == {1: "9.00", 3: "3.00", 5: "5.00"}


@pytest.mark.parametrize("cause", ["asked", "file is gone", "file was changed", "question changed"])
def test_watermark__asks_for_everything_when_it_cannot_go_on(fetching, growing, cause):
    fetching.fetch(incremental(growing))
    growing.run(sa.delete(growing.table).where(growing.table.c.id == 2))
    file = fetching.home.incoming / "books" / "ledger.parquet"
    if cause == "file is gone":
        file.unlink()
    if cause == "file was changed":
        file.write_bytes(b"something else")
    more = {"types": {"id": "integer"}} if cause == "question changed" else {}
    outcome = fetching.fetch(incremental(growing, **more), full=cause == "asked")
    assert words(outcome) == {"ledger.parquet": "fetched"}
    assert amounts(fetching) == {1: "1.00", 3: "3.00"}


def test_watermark__a_key_that_repeats_comes_whole_every_night(fetching, growing):
    put(growing, (4, "1.00", 4))
    source = growing.source(key=["amount"], watermark="changed_at")
    fetching.fetch(source)
    growing.run(sa.delete(growing.table).where(growing.table.c.id == 2))
    outcome = fetching.fetch(source)
    assert words(outcome) == {"ledger.parquet": "fetched"}
    assert "does not tell its rows apart" in outcome.files[0].message
    assert amounts(fetching) == {1: "1.00", 3: "3.00", 4: "1.00"}


def test_watermark__a_key_that_begins_to_repeat_has_everything_asked_for(fetching, growing):
    source = growing.source(key=["amount"], watermark="changed_at")
    assert words(fetching.fetch(source)) == {"ledger.parquet": "fetched"}
    growing.run(sa.delete(growing.table).where(growing.table.c.id == 2))
    put(growing, (4, "4.00", 4), (5, "4.00", 4))
    outcome = fetching.fetch(source)
    assert "does not tell its rows apart" in outcome.files[0].message
    assert amounts(fetching) == {1: "1.00", 3: "3.00", 4: "4.00", 5: "4.00"}


def test_watermark__killed_before_it_is_remembered_asks_twice_and_changes_nothing(fetching, growing, monkeypatch):
    from ingestion.sources.memory import Memory

    fetching.fetch(incremental(growing))
    put(growing, (4, "4.00", 3))

    def die(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(Memory, "remember_pull", die)
    with pytest.raises(KeyboardInterrupt):
        fetching.fetch(incremental(growing))
    monkeypatch.undo()
    monkeypatch.setenv("TEST_BOOKS_URL", growing.url.render_as_string(hide_password=False))
    fetching.fetch(incremental(growing))
    assert amounts(fetching) == {1: "1.00", 2: "2.00", 3: "3.00", 4: "4.00"}


@pytest.fixture
def texts(database):
    """A table whose times and numbers are kept as text."""
    columns = (sa.Column("changed_at", sa.String(40)), sa.Column("number", sa.String(40)))
    table = sa.Table(
        unique("texts"), sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True, autoincrement=False), *columns
    )
    table.create(database.engine)
    made = Database(database.url, database.engine, table)
    made.run(sa.insert(table), {"id": 1, "changed_at": "2026-01-01 12:00:00.500000", "number": "2"})
    yield made
    table.drop(database.engine)


def test_watermark__a_time_kept_as_text_counts_however_it_is_written(fetching, texts):
    source = texts.source(key=["id"], watermark="changed_at", types={"changed_at": "timestamp"})
    fetching.fetch(source)
    texts.run(sa.insert(texts.table), {"id": 2, "changed_at": "2026-01-01 12:00:00.5", "number": "3"})
    fetching.wait(days=1)
    assert words(fetching.fetch(source)) == {"ledger.parquet": "fetched"}
    assert {row["id"] for row in read(fetching).to_pylist()} == {1, 2}


def test_watermark__a_number_kept_as_text_is_refused(fetching, texts):
    outcome = fetching.fetch(texts.source(key=["id"], watermark="number", types={"number": "integer"}))
    assert words(outcome) == {"ledger.parquet": "refused"}, outcome
