"""A new key for the pseudonyms: files about people are landed again, with other surrogates, and the old ones go.

Belongs here: which deliveries are read again, landing them in a stage of their own, and exchanging them for the old
ones. Does not belong here: the order of the steps and the certificate (``schoolstat.rekeying``), or a rotation, by
which ids keep their surrogates (``vault.py``).

The stage is a home of its own below the home's work, with the new secret: whoever looks meanwhile sees the old rows.
What was read again is taken over only when each slot that serves has as many rows as before. What does not serve is
read again too, so that the next night knows it, and what was decided of it stands.
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from ingestion import sidecars
from ingestion.archive import archived_path, hash_file
from ingestion.candidates import keeps_vintages
from ingestion.collaborative import Collaborative
from ingestion.contract import load_contracts
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.destroyed_slots import SlotOfDelivery, destroyed_slots, key_of, not_destroyed
from ingestion.destruction import place_of_arrival
from ingestion.home import Home, sync_folder
from ingestion.inbox import process_inbox
from ingestion.landing import KEY_ID_WITHOUT_PUPILS, copy_path, slot_path
from ingestion.ledger import Ledger, Row, open_file_ledger
from ingestion.mapping import find_mapping
from ingestion.pseudonym_key import PseudonymKeyError, key_of_environment, load_key, load_previous_key
from ingestion.school_years import ending_year
from ingestion.selection import eligible_deliveries
from ingestion.vault import open_vault

Record = dict[str, Any]
STAYS = ("received_at", "school_year", "vintage", "data_through")
"""What stays of a delivery: when it came, and what a manifest may have said that no longer lies beside the file."""
NOT_THERE = "its raw file is no longer in the archive, nor in the inbox"
Place = tuple[str, str, int | None]


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
    home: Home, ledger: Ledger, collaborative: Collaborative, inbox: Path, slots: Iterable[Row]
) -> tuple[list[Record], list[Record]]:
    """Files to read again, in order of arrival; and those that cannot be and are missed, each with why.

    Not only what serves is read: a file that was superseded, held or revoked lies in the inbox still, perhaps, and
    the next night would take it for new. What neither serves nor lies there is let go where it cannot be read. A raw
    file that the archive has no more is read from the inbox, where it lies there still.
    """
    wanted, known = {slot["delivery_id"] for slot in slots}, ledger.inbox_files()
    serving = {delivery_id for delivery_id, *_ in _serving(ledger)}
    missed = serving | {row["delivery_id"] for row in known.values()}
    places = _find_places(collaborative, known)
    found, missing = [], []
    for row in ledger.deliveries():
        if row["delivery_id"] not in wanted:
            continue
        names = ("delivery_id", "file_name", "file_sha256", "sender", "contract", "seq")
        record = {**{name: row[name] for name in names}, "serves": row["delivery_id"] in serving}
        path = _path_of(places, known, row)
        raw = None if path is None else _find_raw(home, inbox, path, row)
        if raw is not None:
            found.append({**record, "path": path})
        elif row["delivery_id"] in missed:
            why = "where it lay in the inbox, or its mapping, is not known any more"
            missing.append({**record, "why": why if path is None else NOT_THERE})
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
    """Land files in the stage, in order of arrival, under the new key, and note what each becomes; gives the key's id.

    A stage that was begun is begun anew, but for its secret.

    Raises:
        ReadsOtherwise: a file that serves is refused now, or is not what it was.
    """
    stage = stage_of(home)
    shutil.rmtree(stage.landing, ignore_errors=True)
    for path in (*stage.path.glob("ledger.db*"), *stage.vault.glob("vault.duckdb*")):
        path.unlink()
    stage.ensure()
    with closing(open_vault(stage)) as vault:
        vault.open()
    with closing(open_file_ledger(stage)) as ledger:
        for night in _nights(files):
            _land_night(home, ledger, collaborative, inbox, night)
    return load_key(stage.vault).key_id


def compare(home: Home, ledger: Ledger, old_slots: Iterable[Row], files: Iterable[Record]) -> None:
    """Compare what the stage landed with what serves; nothing is changed.

    Raises:
        ReadsOtherwise: a slot that serves has another number of rows now, or a file that serves fills another slot.
    """
    files, old_slots = list(files), list(old_slots)
    new_of, serving = _new_of(files), _serving(ledger)
    rows = {key_of(slot): slot["n_rows"] for one in _staged(home) for slot in one["slots"]}
    for slot in old_slots:
        new = (new_of.get(slot["delivery_id"], ""), *_of_slot(slot))
        if key_of(slot) in serving and new[0] and rows.get(new) != slot["n_rows"]:
            raise ReadsOtherwise(
                f"{slot['file_name']} of {slot['sender']} gave {slot['n_rows']:,} rows of {slot['district_id']} "
                f"{slot['school_year']} and gives {rows.get(new, 0):,} now: take its mapping or the roster back "
                "to what they were, or land it anew first"
            )
    known = {(new_of.get(one[0], ""), *one[1:]) for one in {*map(key_of, old_slots), *destroyed_slots(ledger)}}
    becomes = {record["becomes"]: record for record in files if record["serves"]}
    for new in rows.keys() - known:
        if new[0] in becomes:
            raise ReadsOtherwise(
                f"{becomes[new[0]]['path']} gives rows of {new[1]} {new[3]} now, which it did not: "
                "run 'schoolstat refresh' first, so that they are judged"
            )


def take_over(home: Home, ledger: Ledger, old_slots: Iterable[Row], files: Sequence[Record]) -> dict[str, str]:
    """Move what the stage landed into the home, in order of arrival; gives the new delivery of each old one.

    Slots that the old deliveries did not have, or have no more, are not taken over.

    Raises:
        ReadsOtherwise: something about people came since the files were listed; nothing was taken over.
    """
    new_of, old_slots = _new_of(files), list(old_slots)
    _require_all(ledger, {slot["delivery_id"] for slot in old_slots} | set(new_of.values()))
    live = {(new_of.get(slot["delivery_id"], ""), *_of_slot(slot)) for slot in old_slots}
    arrived = {record["becomes"]: record for record in sorted(files, key=lambda one: (one["serves"], one["seq"]))}
    old = {row["delivery_id"]: row for row in ledger.deliveries()}
    staged = {record["delivery"]["delivery_id"]: record for record in _staged(home)}
    for new_id, record in sorted(arrived.items(), key=lambda item: item[1]["seq"]):
        if new_id in staged:
            _move(home, ledger, staged[new_id], old[record["delivery_id"]], live)
    os.sync()
    return new_of


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


def _serving(ledger: Ledger) -> set[SlotOfDelivery]:
    """Delivery and slot of what readers see: what is current, and earlier vintages where they are kept."""
    rows = (row for row in eligible_deliveries(ledger) if row["is_current"] or keeps_vintages(row))
    return {key_of(row) for row in rows}


def _require_all(ledger: Ledger, known: Collection[str]) -> None:
    """Refuse to go on where a night landed something under the old key since the plan was made."""
    for slot in not_destroyed(ledger, list_people_slots(ledger)):
        if slot["delivery_id"] not in known:
            raise ReadsOtherwise(
                f"{slot['file_name']} of {slot['sender']} came under the old key "
                "since the files were listed: begin again"
            )


def _find_places(collaborative: Collaborative, known: Iterable[str]) -> dict[Place, list[str]]:
    """The paths of the inbox, by what files there are: contract, sender, and school year where the name says it."""
    places: dict[Place, list[str]] = defaultdict(list)
    for path in sorted(known):
        mapping = find_mapping(collaborative.mappings, path)
        match = mapping.match(path) if mapping else None
        if mapping and match:
            said = match.groupdict()
            year = ending_year(said.get("school_year") or "") or mapping.only_year
            places[mapping.contract, mapping.sender or said.get("district_id") or "", year].append(path)
    return places


def _path_of(places: dict[Place, list[str]], known: dict[str, Row], delivery: Row) -> str | None:
    """Where a delivery lay: the path known as it, else one of its bytes, else one of its name, all of its sender."""

    def rank(path: str) -> tuple[bool, ...]:
        row = known[path]
        same = (row["delivery_id"] == delivery["delivery_id"], row["sha256"] == delivery["file_sha256"])
        return (*same, Path(path).name == delivery["file_name"])

    kinds = ((delivery["contract"], delivery["sender"], year) for year in (delivery["school_year"], None))
    best = max((path for kind in kinds for path in places.get(kind, ())), key=rank, default=None)
    return best if best is not None and any(rank(best)) else None


def _find_raw(home: Home, inbox: Path, path: str, delivery: Row) -> Path | None:
    """A delivery's raw file: in the archive, else where it arrived, if its bytes are still the same."""
    sha256 = delivery["file_sha256"]
    archived, arrived = archived_path(home, delivery["file_name"], sha256), place_of_arrival(home, inbox, path)
    if archived.is_file():
        return archived
    return arrived if arrived.is_file() and hash_file(arrived) == sha256 else None


def _new_of(files: Iterable[Record]) -> dict[str, str]:
    return {record["delivery_id"]: record["becomes"] for record in files if record["becomes"]}


def _nights(files: Iterable[Record]) -> Iterator[list[Record]]:
    """Files in order of arrival, as many at once as have rising paths: so a night reads them, and none twice."""
    night: list[Record] = []
    for record in files:
        if night and record["path"].split("/") <= night[-1]["path"].split("/"):
            yield night
            night = []
        night.append(record)
    if night:
        yield night


def _land_night(home: Home, ledger: Ledger, collaborative: Collaborative, inbox: Path, files: Sequence[Record]) -> None:
    """Land some files in the stage, of which no two lie at one path."""
    stage = stage_of(home)
    arrived = stage.path / "inbox"
    for folder in (arrived, stage.incoming, stage.archive):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
    for record in files:
        _lay(home, stage, inbox, arrived, record)
    outcomes = {file.relative_path: file for file in process_inbox(stage, ledger, collaborative, arrived).files}
    for record in files:
        outcome = outcomes.get(record["path"])
        if record["serves"] and (outcome is None or outcome.outcome not in ("landed", "duplicate")):
            raise ReadsOtherwise(f"{record['path']} was landed once and is refused now: 'schoolstat check' says why")
        record["becomes"] = outcome.delivery_id if outcome else None


def _lay(home: Home, stage: Home, inbox: Path, arrived: Path, record: Record) -> None:
    """Lay a raw file where the inbox had it, with the manifest beside it if it is there still.

    Its bytes are those that were listed, or nothing is landed: another file would pass no door.
    """
    target, was = (place_of_arrival(*place, record["path"]) for place in ((stage, arrived), (home, inbox)))
    target.parent.mkdir(parents=True, exist_ok=True)
    raw = _find_raw(home, inbox, record["path"], record)
    if raw is not None:
        shutil.copyfile(raw, target)
    if raw is None or hash_file(target) != record["file_sha256"]:
        raise ReadsOtherwise(f"{record['path']} was there when the files were listed, and is gone now or another file")
    os.utime(target, ns=(record["seq"], record["seq"]))  # another time than what lay there before
    manifest = was.with_name(was.name + MANIFEST_SUFFIX)
    if was.is_file() and manifest.is_file() and hash_file(was) == record["file_sha256"]:
        shutil.copyfile(manifest, target.with_name(target.name + MANIFEST_SUFFIX))


def _staged(home: Home) -> Iterator[Record]:
    """The sidecars of the stage."""
    stage = stage_of(home)
    for path in sorted((stage.landing / "_deliveries").glob("[!.]*.json")):
        record = sidecars.read_delivery(stage, path.stem)
        if record is not None:
            yield record


def _move(home: Home, ledger: Ledger, record: Record, before: Row, live: Collection[SlotOfDelivery]) -> None:
    """Move one delivery's files, then write its sidecar and its rows of the ledger; once."""
    one, stage, n_slots = record["delivery"], stage_of(home), len(record["slots"])
    record["slots"] = [slot for slot in record["slots"] if key_of(slot) in live]
    for slot in record["slots"]:
        place = (one["contract"], slot["school_year"], slot["district_id"], one["delivery_id"])
        _replace(slot_path(stage, *place), slot_path(home, *place))
    if len(record["slots"]) == n_slots:  # a copy of all would hold what is not taken over
        _replace(copy_path(stage, one["delivery_id"]), copy_path(home, one["delivery_id"]))
    if ledger.delivery(one["delivery_id"]) is None:
        said = {name: before[name] for name in STAYS if before[name] is not None}
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
