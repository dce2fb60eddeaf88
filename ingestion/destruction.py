"""What a home holds of a district, and taking it away: raw files, landed rows, sidecars, cards, rows of the ledger.

Belongs here: finding and removing what came of a district. Does not belong here: the vault (``forgetting.py``),
releases and their copies (``publishing.destruction``), the order of the steps and the certificate
(``schoolstat.destruction``).

What is to go is listed first, and the list kept: each step here takes away what the list names and is still there, so a
run that was killed is completed by the same steps. That a delivery existed stays in the ledger and in its sidecar: its
id, its hash, its counts; no row.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ingestion import ledger_tables as tables
from ingestion import sidecars
from ingestion.archive import archived_path
from ingestion.contract import load_contracts
from ingestion.destroyed_slots import DESTROYED, is_destroyed
from ingestion.home import INCOMING, Home, sync_folder
from ingestion.landing import copy_path, slot_path
from ingestion.ledger import Ledger, Row
from ingestion.report_card_shelf import read_copied, write_copied
from ingestion.sql_text import literal

Record = dict[str, Any]
OF_A_SLOT = ("delivery_id", "contract", "extract", "school_year", "n_rows", "content_hash")
OF_A_DELIVERY = ("delivery_id", "sender", "file_name", "file_sha256", "received_at", "rows_in", "rows_landed")
NOBODY = "it is about many districts and about no person; the district's rows of it are gone from landing"
SAME_BYTES = "another delivery, which stays, has the very same bytes"
IDS_AT_ONCE = 500
"""Fewer than a statement may have parameters."""


@dataclass(frozen=True)
class Scope:
    """What is destroyed: a district, or some of its school years (ending years)."""

    district_id: str
    school_years: tuple[int, ...] = ()

    def covers(self, school_year: int | None) -> bool:
        """Whether rows of that year go; of a file of several years none goes by its name alone."""
        return not self.school_years or school_year in self.school_years

    @property
    def condition(self) -> str:
        """SQL of its rows, by ``district_id`` and, for single years, ``school_year``."""
        years = ", ".join(map(str, map(int, self.school_years)))
        return f"district_id = {literal(self.district_id)}" + (f" and school_year in ({years})" if years else "")


def list_slots(ledger: Ledger, scope: Scope) -> list[Record]:
    """The landed slots that go, in order of arrival.

    Of single years those stay that somebody else sends and that hold nobody: a state's figures about the district.
    """
    slot, sent = tables.delivery_slot, tables.delivery
    query = (
        sa.select(slot, sent.c.contract, sent.c.sender, sent.c.domain)
        .join(sent, sent.c.delivery_id == slot.c.delivery_id)
        .where(slot.c.district_id == scope.district_id)
        .order_by(sent.c.seq, slot.c.extract, slot.c.school_year)
    )
    return [
        row
        for row in ledger.read(query)
        if scope.covers(row["school_year"])
        and (not scope.school_years or row["sender"] == scope.district_id or _holds_people(row))
    ]


def list_deliveries(ledger: Ledger, scope: Scope, slots: Iterable[Record]) -> list[Record]:
    """The deliveries that lose rows, and those of the district without any; and whether no row is left afterwards."""
    going: dict[str, int] = defaultdict(int)
    for slot in slots:
        going[slot["delivery_id"]] += 1
    counted = sa.select(tables.delivery_slot.c.delivery_id, sa.func.count().label("n"))
    counted = counted.where(~is_destroyed()).group_by(tables.delivery_slot.c.delivery_id)
    whole = {row["delivery_id"]: row["n"] for row in ledger.read(counted)}
    return [
        {name: row[name] for name in OF_A_DELIVERY}
        | {
            "is_whole": going.get(row["delivery_id"], 0) == whole.get(row["delivery_id"], 0),
            "is_own": row["sender"] == scope.district_id,
            "holds_people": _holds_people(row),
        }
        for row in ledger.deliveries()
        if row["delivery_id"] in going
        or (row["sender"] == scope.district_id and row["delivery_id"] not in whole and scope.covers(row["school_year"]))
    ]


def ids_that_go(ledger: Ledger, scope: Scope, deliveries: Iterable[Record]) -> set[str]:
    """Deliveries whose bytes go: all that the district sent of these years, and those of the plan about people.

    What another sender's very same file was read as under another mapping or roster goes with it.
    """
    chosen = [row for row in deliveries if row["is_own"] or row["holds_people"]]
    files = {(row["sender"], row["file_sha256"]) for row in chosen if not row["is_own"]}
    return {row["delivery_id"] for row in chosen} | {
        row["delivery_id"]
        for row in ledger.deliveries()
        if (row["sender"] == scope.district_id and scope.covers(row["school_year"]))
        or (row["sender"], row["file_sha256"]) in files
    }


def list_raw_files(
    home: Home, ledger: Ledger, deliveries: Iterable[Record], delivery_ids: Collection[str], gone: Collection[str]
) -> tuple[list[Record], list[Record]]:
    """Raw files of the archive that go, and those that stay, with why.

    Args:
        home: the home.
        ledger: the ledger.
        deliveries: the deliveries of the plan.
        delivery_ids: those whose bytes go.
        gone: deliveries whose bytes went before: they need no file any more.
    """
    needed = {
        archived_path(home, row["file_name"], row["file_sha256"])
        for row in ledger.deliveries()
        if row["delivery_id"] not in delivery_ids and row["delivery_id"] not in gone
    }
    going: dict[str, Record] = {}
    staying: dict[str, Record] = {}
    for row in deliveries:
        path = archived_path(home, row["file_name"], row["file_sha256"])
        if path.is_file():
            record = {"path": str(path.relative_to(home.path)), "sha256": row["file_sha256"]}
            record |= {"bytes": path.stat().st_size, "sender": row["sender"], "file_name": row["file_name"]}
            goes = row["is_own"] or row["holds_people"]
            if goes and path not in needed:
                going[record["path"]] = record
            else:
                staying[record["path"]] = record | {"why": SAME_BYTES if goes else NOBODY}
    return list(going.values()), [record for path, record in staying.items() if path not in going]


def list_cards(home: Home, outbox: Path, scope: Scope) -> list[Record]:
    """Folders of report cards, with the number of files.

    Of single years none: a card speaks of all years.
    """
    folders = [home.path / "report_cards" / scope.district_id, outbox / scope.district_id]
    folders = [] if scope.school_years else folders
    return [
        {"path": str(folder), "files": sum(path.is_file() for path in folder.rglob("*"))}
        for folder in folders
        if folder.is_dir()
    ]


def remove_raw_files(home: Home, raw_files: Iterable[Record]) -> None:
    """Remove raw files, and the texts of errors, which may quote anybody's rows."""
    for record in raw_files:
        (home.path / record["path"]).unlink(missing_ok=True)
    shutil.rmtree(home.archive / "errors", ignore_errors=True)
    for folder in home.archive.iterdir():
        sync_folder(folder)


def remove_landed(home: Home, scope: Scope, slots: Sequence[Record]) -> None:
    """Remove landed files, and the district's rows of deliveries that are kept whole as well."""
    for slot in slots:
        path = slot_path(home, slot["contract"], slot["school_year"], scope.district_id, slot["delivery_id"])
        path.unlink(missing_ok=True)
        _remove_if_empty(path.parent)
    for delivery_id in sorted({slot["delivery_id"] for slot in slots}):
        _thin_copy(copy_path(home, delivery_id), scope)
    os.sync()


def stub_sidecars(home: Home, scope: Scope, deliveries: Iterable[Record]) -> None:
    """Leave in each sidecar that the delivery existed: its row, its slots and what rules counted."""
    for row in deliveries:
        record = sidecars.read_delivery(home, row["delivery_id"])
        if record is not None:
            record["rejects"] = [] if row["is_whole"] or row["is_own"] else record["rejects"]
            record["differences"] = [each for each in record.get("differences", ()) if not _is_of(each, scope)]
            sidecars.write_delivery(home, record)


def remove_ledger_rows(ledger: Ledger, scope: Scope, deliveries: Sequence[Record]) -> None:
    """Remove the ledger's lists of refused lines, differences, inbox files and marks; SQLite's file is written anew."""
    own = [row["delivery_id"] for row in deliveries if row["is_whole"] or row["is_own"]]
    arrived = ids_that_go(ledger, scope, deliveries)
    difference, mark = tables.delivery_difference, tables.source_watermark
    with ledger.begin() as connection:
        for ids in _some(own):
            connection.execute(sa.delete(tables.reject).where(tables.reject.c.delivery_id.in_(ids)))
        for ids in _some(sorted(arrived)):
            connection.execute(sa.delete(tables.inbox_file).where(tables.inbox_file.c.delivery_id.in_(ids)))
        for table in (difference, mark):
            years = table.c.school_year.in_(scope.school_years) if scope.school_years else sa.true()
            connection.execute(sa.delete(table).where(table.c.district_id == scope.district_id, years))
    if ledger.engine.dialect.name == "sqlite":
        with closing(ledger.engine.raw_connection()) as connection:  # SQLAlchemy's own begins a transaction first
            connection.cursor().execute("vacuum")
            connection.cursor().execute("pragma wal_checkpoint(truncate)")


def remove_cards(home: Home, scope: Scope, cards: Iterable[Record]) -> None:
    """Remove folders of report cards, the note of which was copied, and the quality page: a night begins it anew."""
    for record in cards:
        shutil.rmtree(record["path"], ignore_errors=True)
    if not scope.school_years:
        shutil.rmtree(home.path / "quality", ignore_errors=True)
        write_copied(home, {name: night for name, night in read_copied(home).items() if name != scope.district_id})


def find_landed(home: Home, scope: Scope) -> list[str]:
    """Landed files that still hold rows of the district; none once it is destroyed.

    Of single years the rows of a state's figures stay, in files of their own and in copies.
    """
    years = scope.school_years or ("*",)
    own = [
        str(path.relative_to(home.path))
        for year in years
        for path in home.landing.glob(f"*/school_year={year}/district_id={scope.district_id}/*.parquet")
        if not scope.school_years or _contract_holds_people(path.relative_to(home.landing).parts[0])
    ]
    return own + ([] if scope.school_years else [str(path) for path in _copies_with(home, scope)])


def destroyed_reason(certificate_id: str) -> str:
    """What an admission row says of a slot that went."""
    return f"{DESTROYED}, see certificate {certificate_id}"


def _copies_with(home: Home, scope: Scope) -> list[Path]:
    import pyarrow.parquet as pq

    chosen = [("district_id", "=", scope.district_id)]
    found = sorted((home.landing / "_copies").glob("[!.]*.parquet"))
    return [path for path in found if pq.read_table(path, columns=["district_id"], filters=chosen).num_rows]


def _thin_copy(path: Path, scope: Scope) -> None:
    """Write a copy anew without the district's rows; it is closed to changes, as it was."""
    import duckdb

    if not path.is_file():
        return
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with duckdb.connect(config={"threads": 1, "preserve_insertion_order": True}) as connection:
        source = f"from read_parquet({literal(str(path))}, hive_partitioning = false) where not ({scope.condition})"
        connection.execute(f"copy ({source}) to {literal(str(draft))} (format parquet, compression zstd)")
    draft.chmod(0o444)
    draft.replace(path)


def place_of_arrival(home: Home, inbox: Path, relative_path: str) -> Path:
    """Where a file of the inbox, or one that a source brought, lies by the ledger's path."""
    is_fetched = relative_path.split("/")[0] == INCOMING
    return (home.path if is_fetched else inbox) / relative_path


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _is_of(row: Record, scope: Scope) -> bool:
    return row["district_id"] == scope.district_id and scope.covers(row["school_year"])


def _holds_people(row: Row) -> bool:
    return _contract_holds_people(row["contract"])


def _contract_holds_people(name: str) -> bool:
    """Whether a contract's rows are about single people; of one that the product no longer knows, they may be."""
    contract = load_contracts().get(name)
    return contract is None or contract.holds_people


def _some(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + IDS_AT_ONCE] for start in range(0, len(values), IDS_AT_ONCE))
