"""A new key for the pseudonyms: files about people are landed again, with other surrogates, and the old ones go.

Belongs here: which deliveries are read again, landing them in a stage of their own, and exchanging them for the old
ones. Does not belong here: the order of the steps and the certificate (``schoolstat.rekeying``), or a rotation, by
which ids keep their surrogates (``vault.py``).

The stage is a home of its own below the home's work, with the new secret: whoever looks meanwhile sees the old rows.
What was read again is taken over only when each slot has as many rows as before.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ingestion import sidecars
from ingestion.archive import archived_path, hash_file
from ingestion.candidates import keeps_vintages
from ingestion.collaborative import Collaborative
from ingestion.contract import load_contracts
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.destruction import place_of_arrival
from ingestion.home import Home, sync_folder
from ingestion.inbox import process_inbox
from ingestion.landing import KEY_ID_WITHOUT_PUPILS, copy_path, slot_path
from ingestion.ledger import Ledger, Row, open_file_ledger
from ingestion.mapping import find_mapping
from ingestion.pseudonym_key import PseudonymKeyError, key_of_environment, load_key, load_previous_key
from ingestion.selection import eligible_deliveries

Record = dict[str, Any]
SAID_ELSEWHERE = ("school_year", "vintage", "data_through")
"""What a manifest may have said that no longer lies beside the file."""


class ReadsOtherwise(Exception):
    """A file cannot be read again as it was; nothing is exchanged."""


def stage_of(home: Home) -> Home:
    """Where files are landed again."""
    return Home(home.work / "rekeyed")


def list_people_slots(ledger: Ledger) -> list[Row]:
    """Every landed slot about people that there is, with its delivery's contract, key and hash."""
    people = {name for name, contract in load_contracts().items() if contract.holds_people}
    return [
        slot | {name: row[name] for name in ("contract", "domain", "key_id", "file_sha256", "file_name", "sender")}
        for row in ledger.deliveries()
        if row["key_id"] != KEY_ID_WITHOUT_PUPILS or row["contract"] in people
        for slot in ledger.slots(row["delivery_id"])
    ]


def list_files(
    home: Home, ledger: Ledger, collaborative: Collaborative, slots: Iterable[Row]
) -> tuple[list[Record], list[Record]]:
    """Files to read again, as they serve; and those of them that cannot be, each with why. What served before goes."""
    serving = {row["delivery_id"] for row in eligible_deliveries(ledger) if row["is_current"] or keeps_vintages(row)}
    wanted = {slot["delivery_id"] for slot in slots} & serving
    paths: dict[str, list[str]] = {}
    for path, row in ledger.inbox_files().items():
        paths.setdefault(row["sha256"], []).append(path)
    found, missing = [], []
    for row in ledger.deliveries():
        if row["delivery_id"] in wanted:
            record = {name: row[name] for name in ("delivery_id", "file_name", "file_sha256", "sender", "contract")}
            fitting = [path for path in paths.get(row["file_sha256"], ()) if _is_mapped(collaborative, path, row)]
            if not archived_path(home, row["file_name"], row["file_sha256"]).is_file():
                missing.append({**record, "why": "its raw file is no longer in the archive"})
            elif not fitting:
                missing.append({**record, "why": "where it lay in the inbox, or its mapping, is not known any more"})
            else:
                found.append({**record, "path": min(fitting)})
    return found, missing


def require_new_key(old_ids: Iterable[str]) -> None:
    """Refuse a secret that the rows to be exchanged were made with, and a rotation that lasts.

    Raises:
        PseudonymKeyError: in words that say what to set.
    """
    if load_previous_key() is not None:
        raise PseudonymKeyError(
            "a rotation lasts (SCHOOLSTAT_PSEUDONYM_KEY_PREVIOUS is set): surrogates would stay; unset it first"
        )
    given = key_of_environment()
    if given is not None and given.key_id in set(old_ids):
        raise PseudonymKeyError(
            "the pseudonym key of the environment is still the old one: set SCHOOLSTAT_PSEUDONYM_KEY_FILE to the new "
            "one (openssl rand -hex 32) and begin again"
        )


def land_again(home: Home, collaborative: Collaborative, inbox: Path, files: Sequence[Record]) -> str:
    """Land files in the stage, under the new key; gives the new key's id.

    A stage that was begun is begun anew, but for its secret.

    Raises:
        ReadsOtherwise: a file is refused now, or is not what it was.
    """
    stage = stage_of(home)
    for folder in (stage.landing, stage.path / "inbox", stage.incoming, stage.archive):
        shutil.rmtree(folder, ignore_errors=True)
    for path in (*stage.path.glob("ledger.db*"), *stage.vault.glob("vault.duckdb*")):
        path.unlink()
    stage.ensure()
    arrived = stage.path / "inbox"
    arrived.mkdir(mode=0o700)
    for record in files:
        _lay(home, stage, inbox, arrived, record)
    with closing(open_file_ledger(stage)) as ledger:
        outcomes = {file.relative_path: file for file in process_inbox(stage, ledger, collaborative, arrived).files}
    for record in files:
        outcome = outcomes.get(record["path"])
        if outcome is None or outcome.outcome not in ("landed", "duplicate"):
            raise ReadsOtherwise(f"{record['path']} was landed once and is refused now: 'schoolstat check' says why")
    return load_key(stage.vault).key_id


def take_over(home: Home, ledger: Ledger, old_slots: Sequence[Row]) -> dict[str, str]:
    """Move what the stage landed into the home; gives the new delivery of each old one.

    Raises:
        ReadsOtherwise: a slot that serves has another number of rows now; nothing was taken over.
    """
    stage, old = stage_of(home), {row["delivery_id"]: row for row in ledger.deliveries()}
    serving = {(row["delivery_id"], *_of_slot(row)) for row in eligible_deliveries(ledger)}
    records = list(_staged(stage))
    new_of = _match(records, old_slots)
    rows = {(new_of.get(r["delivery"]["delivery_id"]), *_of_slot(s)): s["n_rows"] for r in records for s in r["slots"]}
    for slot in old_slots:
        key = (slot["delivery_id"], *_of_slot(slot))
        is_read = slot["delivery_id"] in new_of.values()
        if is_read and key in serving and rows.get(key) != slot["n_rows"]:
            raise ReadsOtherwise(
                f"{slot['file_name']} of {slot['sender']} gave {slot['n_rows']:,} rows of {slot['district_id']} "
                f"{slot['school_year']} and gives {rows.get(key, 0):,} now: take its mapping or the roster back "
                "to what they were, or land it anew first"
            )
    for record in records:
        before = old.get(new_of.get(record["delivery"]["delivery_id"], ""))
        if before is not None:
            _move(home, stage, ledger, record, before)
    os.sync()
    return {old_id: new_id for new_id, old_id in new_of.items()}


def switch_vault(home: Home) -> None:
    """Put the stage's vault in the place of the home's, and its secret where it lies there; the old go."""
    stage = stage_of(home)
    for name in ("key", "vault.duckdb"):
        if (stage.vault / name).is_file():
            (stage.vault / name).replace(home.vault / name)
    (home.vault / "vault.duckdb.wal").unlink(missing_ok=True)
    sync_folder(home.vault)


def remove_old(home: Home, slots: Iterable[Row]) -> None:
    """Remove the landed files of slots, and the copies of their deliveries; and the stage."""
    for slot in slots:
        slot_path(home, slot["contract"], slot["school_year"], slot["district_id"], slot["delivery_id"]).unlink(
            missing_ok=True
        )
        copy_path(home, slot["delivery_id"]).unlink(missing_ok=True)
    shutil.rmtree(stage_of(home).path, ignore_errors=True)
    os.sync()


def _is_mapped(collaborative: Collaborative, path: str, delivery: Row) -> bool:
    mapping = find_mapping(collaborative.mappings, path)
    return mapping is not None and mapping.contract == delivery["contract"]


def _lay(home: Home, stage: Home, inbox: Path, arrived: Path, record: Record) -> None:
    """Lay a raw file where the inbox had it, with the manifest beside it if it is there still."""
    raw = archived_path(home, record["file_name"], record["file_sha256"])
    target, was = (place_of_arrival(*place, record["path"]) for place in ((stage, arrived), (home, inbox)))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(raw, target)
    manifest = was.with_name(was.name + MANIFEST_SUFFIX)
    if was.is_file() and manifest.is_file() and hash_file(was) == record["file_sha256"]:
        shutil.copyfile(manifest, target.with_name(target.name + MANIFEST_SUFFIX))


def _staged(stage: Home) -> Iterator[Record]:
    """The sidecars of the stage, in order of arrival."""
    names = sorted(path.stem for path in (stage.landing / "_deliveries").glob("[!.]*.json"))
    found = [record for name in names if (record := sidecars.read_delivery(stage, name)) is not None]
    return iter(sorted(found, key=lambda record: record["delivery"]["seq"]))


def _match(records: Iterable[Record], old_slots: Iterable[Row]) -> dict[str, str]:
    """Of each new delivery the newest old one of the same bytes and contract."""
    old = {(slot["file_sha256"], slot["contract"]): slot["delivery_id"] for slot in old_slots}
    keys = {r["delivery"]["delivery_id"]: (r["delivery"]["file_sha256"], r["delivery"]["contract"]) for r in records}
    return {new_id: old[key] for new_id, key in keys.items() if key in old and old[key] != new_id}


def _move(home: Home, stage: Home, ledger: Ledger, record: Record, before: Row) -> None:
    """Move one delivery's files, then write its sidecar and its rows of the ledger; once."""
    one = record["delivery"]
    for slot in record["slots"]:
        place = (one["contract"], slot["school_year"], slot["district_id"], one["delivery_id"])
        _replace(slot_path(stage, *place), slot_path(home, *place))
    _replace(copy_path(stage, one["delivery_id"]), copy_path(home, one["delivery_id"]))
    if ledger.delivery(one["delivery_id"]) is None:
        said = {name: before[name] for name in SAID_ELSEWHERE if before[name] is not None}
        record["delivery"] = {**one, **said, "seq": ledger.next_delivery_seq()}
        record["differences"] = []
        sidecars.write_delivery(home, record)
        ledger.record_delivery(record)


def _replace(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)


def _of_slot(slot: Row) -> tuple[str, str, int]:
    return slot["district_id"], slot["extract"], slot["school_year"]
