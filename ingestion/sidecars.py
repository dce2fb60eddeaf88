"""The sidecars of landing: what the ledger knows, written beside the data itself.

Belongs here: one JSON file per delivery and per batch of admissions, and a ledger made from them. Does not
belong here: when they are written (``landing.py``, ``admission.py``). A sidecar stands before the ledger's
rows do, and after everything that it describes: it is the mark that a delivery landed whole.
"""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from ingestion import ledger_tables as tables
from ingestion.home import Home, write_atomically
from ingestion.ledger import Ledger, insert, open_ledger
from ingestion.ledger_database import bring_up_to_date, place_of, set_aside

Record = dict[str, Any]
logger = logging.getLogger(__name__)

KEPT_FROM_THE_OLD_LEDGER = (
    tables.inbox_file,
    tables.source_run,
    tables.source_file,
    tables.source_watermark,
    tables.build,
    tables.release,
    tables.publication,
    tables.report_card_sent,
)
"""What no sidecar holds: a rebuilt ledger takes it over from the one it replaces."""


def write_delivery(home: Home, record: Record) -> None:
    """Write one delivery's sidecar: the mark that its files are all in place."""
    _write(_delivery_path(home, record["delivery"]["delivery_id"]), record)


def read_delivery(home: Home, delivery_id: str) -> Record | None:
    """One delivery's sidecar, or None when the delivery never landed whole."""
    path = _delivery_path(home, delivery_id)
    return _read_delivery(path) if path.exists() else None


def write_admissions(home: Home, batch_id: str, rows: list[Record]) -> None:
    """Write the sidecar of one batch of admissions."""
    _write(home.landing / "_admissions" / f"{batch_id}.json", {"batch_id": batch_id, "admissions": rows})


def catch_up(home: Home, ledger: Ledger) -> int:
    """Give the ledger what a killed run wrote to sidecars alone; the number of sidecars taken in."""
    batches = sa.select(tables.admission.c.batch_id).distinct()
    known = {row["batch_id"] for row in ledger.read(batches)}
    deliveries = [_read_delivery(path) for path in _missing(home, "_deliveries", ledger.delivery_ids())]
    for record in sorted(deliveries, key=lambda record: record["delivery"]["seq"]):
        ledger.record_delivery(record)
    admissions = [_load(path) for path in _missing(home, "_admissions", known)]
    for record in sorted(admissions, key=lambda record: record["admissions"][0]["seq"]):
        ledger.record_admissions(record["admissions"])
    return len(deliveries) + len(admissions)


def rebuild_ledger(home: Home) -> Ledger:
    """Make the ledger anew from landing's sidecars; the one it replaces is set aside, never removed.

    Builds, releases, publications and the later doors' results stand in no sidecar: they are taken over from the
    replaced ledger. If that cannot be read, a warning says so, and they must come from a backup.
    """
    old = set_aside(home)
    ledger = open_ledger(home)
    catch_up(home, ledger)
    if old is not None and not _take_over(old, ledger):
        logger.warning(
            "the ledger set aside as %s cannot be read: builds, releases and publications must come from a backup",
            place_of(old),
        )
    return ledger


def _take_over(old: sa.Engine, ledger: Ledger) -> bool:
    """Copy what no sidecar holds; False when the old ledger cannot be read."""
    later_doors = sa.select(tables.rule_result).where(tables.rule_result.c.door > 1)
    try:
        bring_up_to_date(old)
        with old.connect() as connection:
            kept = {table: _rows(connection, sa.select(table)) for table in KEPT_FROM_THE_OLD_LEDGER}
            results = _rows(connection, later_doors.order_by(tables.rule_result.c.id))
    except DatabaseError:
        return False
    finally:
        old.dispose()
    with ledger.begin() as connection:
        for table, rows in (*kept.items(), (tables.rule_result, results)):
            insert(connection, table, rows)
    return True


def _rows(connection: sa.Connection, query: sa.Select[Any]) -> list[Record]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _missing(home: Home, folder: str, known: set[str]) -> list[Path]:
    """Sidecars of a folder whose name the ledger does not know."""
    return [path for path in sorted((home.landing / folder).glob("[!.]*.json")) if path.stem not in known]


def _delivery_path(home: Home, delivery_id: str) -> Path:
    return home.landing / "_deliveries" / f"{delivery_id}.json"


def _write(path: Path, record: Record) -> None:
    # no indent: with one Python's own encoder writes it, ten times slower, and a statewide file has thousands of rows
    write_atomically(path, json.dumps(record, ensure_ascii=False, default=date.isoformat) + "\n")


def _load(path: Path) -> Record:
    return json.loads(path.read_text(encoding="utf-8"))


def _read_delivery(path: Path) -> Record:
    record = _load(path)
    data_through = record["delivery"]["data_through"]
    record["delivery"]["data_through"] = date.fromisoformat(data_through) if data_through else None
    return record
