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
from ingestion.archive import archived_path, hash_file
from ingestion.contract import load_contracts
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.destroyed_slots import DESTROYED
from ingestion.home import INCOMING, Home, sync_folder
from ingestion.landing import copy_path, slot_path
from ingestion.ledger import Ledger, Row
from ingestion.report_card_shelf import read_copied, write_copied
from ingestion.sql_text import literal

Record = dict[str, Any]
OF_A_SLOT = ("delivery_id", "contract", "extract", "school_year", "n_rows", "content_hash")
OF_A_DELIVERY = ("delivery_id", "sender", "file_name", "file_sha256", "received_at", "rows_in", "rows_landed")
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
    """The deliveries that lose rows or that the district sent, each with whether no row of it is left afterwards."""
    going: dict[str, int] = defaultdict(int)
    for slot in slots:
        going[slot["delivery_id"]] += 1
    counted = sa.select(tables.delivery_slot.c.delivery_id, sa.func.count().label("n"))
    whole = {row["delivery_id"]: row["n"] for row in ledger.read(counted.group_by(tables.delivery_slot.c.delivery_id))}
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


def list_raw_files(home: Home, deliveries: Iterable[Record]) -> tuple[list[Record], list[Record]]:
    """Raw files of the archive that go, and those that stay: what others sent about many districts and nobody."""
    going: dict[str, Record] = {}
    staying: dict[str, Record] = {}
    for row in deliveries:
        path = archived_path(home, row["file_name"], row["file_sha256"])
        if path.is_file():
            record = {"path": str(path.relative_to(home.path)), "sha256": row["file_sha256"]}
            record |= {"bytes": path.stat().st_size, "sender": row["sender"], "file_name": row["file_name"]}
            chosen = going if row["is_own"] or row["holds_people"] else staying
            chosen[record["path"]] = record
    return list(going.values()), [record for path, record in staying.items() if path not in going]


def list_arrivals(
    home: Home, ledger: Ledger, inbox: Path, hashes: Collection[str]
) -> tuple[list[Record], list[Record]]:
    """Files of the inbox and of sources with these very bytes; and archives that hold them among others.

    An archive goes when every file in it that a night has read is one of them.
    """
    going: dict[Path, Record] = {}
    among_others: dict[Path, Record] = {}
    inside: dict[Path, list[bool]] = defaultdict(list)
    for path, row in ledger.inbox_files().items():
        place = place_of_arrival(home, inbox, path)
        if place.is_file() and row["sha256"] in hashes and hash_file(place) == row["sha256"]:
            going[place] = {"path": str(place), "sha256": row["sha256"]}
        archive = next((parent for parent in place.parents if parent.is_file()), None)
        if archive is not None:
            inside[archive].append(row["sha256"] in hashes)
    for archive, are_ours in inside.items():
        if any(are_ours):
            chosen = going if all(are_ours) else among_others
            chosen[archive] = {"path": str(archive), "sha256": hash_file(archive)}
    return list(going.values()), list(among_others.values())


def list_cards(home: Home, outbox: Path, scope: Scope) -> list[Record]:
    """Folders of report cards, and of the quality page, which the next night begins anew, with the number of files.

    Of single years none: a card speaks of all years.
    """
    folders = [home.path / "report_cards" / scope.district_id, outbox / scope.district_id, home.path / "quality"]
    folders = [] if scope.school_years else folders
    return [
        {"path": str(folder), "files": sum(path.is_file() for path in folder.rglob("*"))}
        for folder in folders
        if folder.is_dir()
    ]


def remove_arrivals(arrivals: Iterable[Record]) -> None:
    """Remove files of the inbox, each only while it has the bytes that were listed, and the manifests beside them."""
    for record in arrivals:
        path = Path(record["path"])
        if path.is_file() and hash_file(path) == record["sha256"]:
            path.with_name(path.name + MANIFEST_SUFFIX).unlink(missing_ok=True)
            path.unlink()


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


def remove_ledger_rows(ledger: Ledger, scope: Scope, deliveries: Sequence[Record], hashes: Collection[str]) -> None:
    """Remove the ledger's lists of refused lines, differences, inbox files and marks; SQLite's file is written anew."""
    own = [row["delivery_id"] for row in deliveries if row["is_whole"] or row["is_own"]]
    difference, mark = tables.delivery_difference, tables.source_watermark
    with ledger.begin() as connection:
        for ids in _some(own):
            connection.execute(sa.delete(tables.reject).where(tables.reject.c.delivery_id.in_(ids)))
        for each in _some(sorted(hashes)):
            connection.execute(sa.delete(tables.inbox_file).where(tables.inbox_file.c.sha256.in_(each)))
        for table in (difference, mark):
            years = table.c.school_year.in_(scope.school_years) if scope.school_years else sa.true()
            connection.execute(sa.delete(table).where(table.c.district_id == scope.district_id, years))
    if ledger.engine.dialect.name == "sqlite":
        with closing(ledger.engine.raw_connection()) as connection:  # SQLAlchemy's own begins a transaction first
            connection.cursor().execute("vacuum")
            connection.cursor().execute("pragma wal_checkpoint(truncate)")


def remove_cards(home: Home, scope: Scope, cards: Iterable[Record]) -> None:
    """Remove folders of report cards, and the note of which of them was copied."""
    for record in cards:
        shutil.rmtree(record["path"], ignore_errors=True)
    if not scope.school_years:
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
