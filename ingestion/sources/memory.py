"""What the ledger remembers of sources: how each fared, what was seen and fetched, how far a database was read.

Does not belong here: deciding from it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from ingestion import ledger_tables as tables
from ingestion.destroyed_arrivals import Arrival
from ingestion.ledger import Ledger, Row
from ingestion.sources.outcomes import SourceOutcome


class Memory:
    """The ledger's rows about one source."""

    def __init__(self, ledger: Ledger, source: str, destroyed: Collection[Arrival] = ()) -> None:
        self._ledger = ledger
        self._source = source
        self._destroyed = destroyed
        file = tables.source_file
        rows = ledger.read(sa.select(file).where(file.c.source == source))
        self._files = {row["path"]: row for row in rows}

    def file(self, path: str) -> Row | None:
        """What is known of one file."""
        return self._files.get(path)

    def is_destroyed(self, arrived_as: str, sha256: str) -> bool:
        """Whether a file of that place and these bytes was destroyed here."""
        return (arrived_as, sha256) in self._destroyed

    def saw(self, path: str, stamp: str, now: datetime) -> Row:
        """Remember how a file looks; the time stays that of the first look that found it so."""
        known = self._files.get(path)
        if known is not None and known["seen"] == stamp:
            return known
        row = {"source": self._source, "path": path, "fetched": None, "sha256": None, **(known or {})}
        return self._keep(row | {"seen": stamp, "seen_at": now.isoformat()})

    def fetched(self, path: str, stamp: str, sha256: str) -> None:
        """Remember that a file is here as it looked."""
        self._keep({**self._files[path], "fetched": stamp, "sha256": sha256})

    def _keep(self, row: Row) -> Row:
        self._replace(tables.source_file, row)
        self._files[row["path"]] = row
        return row

    def pulled(self, extract: str, district_id: str, school_year: int) -> Row | None:
        """How far one slice of an extract was read."""
        mark = tables.source_watermark
        is_it = (mark.c.source == self._source) & (mark.c.extract == extract)
        is_it &= (mark.c.district_id == district_id) & (mark.c.school_year == school_year)
        rows = self._ledger.read(sa.select(mark).where(is_it))
        return rows[0] if rows else None

    def remember_pull(self, row: Row) -> None:
        """Remember how far one slice of an extract was read."""
        self._replace(tables.source_watermark, {"source": self._source, **row})

    def remember_run(self, outcome: SourceOutcome, now: datetime) -> None:
        """Remember how the source fared."""
        run = tables.source_run
        before = self._ledger.read(sa.select(run.c.succeeded_at).where(run.c.source == self._source))
        last = before[0]["succeeded_at"] if before else None
        row = {
            "source": self._source,
            "outcome": outcome.outcome,
            "message": outcome.message,
            "n_fetched": outcome.count("fetched"),
            "n_waiting": outcome.count("waiting"),
            "ended_at": now.isoformat(),
            "succeeded_at": now.isoformat() if outcome.is_well else last,
        }
        self._replace(run, row)

    def _replace(self, table: sa.Table, row: dict[str, Any]) -> None:
        is_it = sa.and_(*(column == row[column.name] for column in table.primary_key))
        with self._ledger.begin() as connection:
            connection.execute(sa.delete(table).where(is_it))
            connection.execute(sa.insert(table), row)


def runs(ledger: Ledger) -> dict[str, Row]:
    """How each source fared last."""
    return {row["source"]: row for row in ledger.read(sa.select(tables.source_run))}


def watermarks(ledger: Ledger) -> list[Row]:
    """How far each slice of each extract was read, sorted."""
    mark = tables.source_watermark
    return ledger.read(sa.select(mark).order_by(*mark.primary_key.columns))


def utc_now() -> datetime:
    """The time of a look; tests hand in their own."""
    return datetime.now(UTC)
