"""Landing: a reading becomes typed Parquet, one file per slot, never edited afterwards.

Belongs here: a delivery's id, its files, its sidecar and its rows in the ledger, in that order. Does not
belong here: reading a file (``reading.py``) or judging what landed (``admission.py``).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion import archive, sidecars
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.home import Home
from ingestion.identities import RULE as IDENTITY_RULE
from ingestion.ledger import Ledger, utc_now

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.contract import Contract
    from ingestion.findings import Finding, Reading
    from ingestion.mapping import Mapping

KEY_ID_WITHOUT_PUPILS = "none"
"""Key id of contracts without pupil columns: no pseudonym is made from such a file."""

ROW_GROUP_ROWS = 1_000_000
_SAFE_IN_A_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


@dataclass(frozen=True)
class Slot:
    """The part of a delivery that belongs to one district and school year."""

    district_id: str
    extract: str
    school_year: int
    n_rows: int
    content_hash: str


@dataclass(frozen=True)
class LandedDelivery:
    """What landing made of a reading.

    Attributes:
        delivery_id: its id.
        state: ``accepted``, ``accepted_with_rejects`` or ``quarantined``.
        slots: what it filled; nothing when quarantined.
        is_new: False when the same bytes under the same mapping landed before.
    """

    delivery_id: str
    state: str
    slots: tuple[Slot, ...]
    is_new: bool


def identify_delivery(
    file_sha256: str,
    contract: Contract,
    mapping: Mapping,
    said: dict[str, str] | None = None,
    key_id: str = KEY_ID_WITHOUT_PUPILS,
) -> str:
    """The delivery's id: the same bytes read in the same way are one delivery.

    Args:
        file_sha256: hash of the bytes.
        contract: the contract.
        mapping: the mapping.
        said: what is said about the bytes elsewhere (:func:`read_what_is_said`); a corrected name or manifest
            makes the same bytes a new delivery, else nobody could correct it.
        key_id: the key of the pseudonyms.
    """
    parts = [file_sha256, contract.name, contract.version, mapping.mapping_id, mapping.content_hash, key_id]
    if said:
        parts.append(said)
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def read_what_is_said(source: Path, relative_path: str, mapping: Mapping) -> dict[str, str]:
    """What the file's name and the manifest beside it say about the bytes, in a form that can be compared."""
    match = mapping.match(relative_path)
    said = {name: text for name, text in match.groupdict().items() if text is not None} if match else {}
    manifest = source.with_name(source.name + MANIFEST_SUFFIX)
    if manifest.is_file():
        said["manifest"] = archive.hash_file(manifest)
    return said


def slot_path(home: Home, contract: str, school_year: int, district_id: str, delivery_id: str) -> Path:
    """Where the rows of one slot of one delivery lie."""
    folder = home.landing / contract / f"school_year={school_year}" / f"district_id={district_id}"
    return folder / f"{delivery_id}.parquet"


def land(
    home: Home,
    ledger: Ledger,
    reading: Reading,
    source_path: Path,
    delivery_id: str | None = None,
    reference_hash: str | None = None,
    key_id: str = KEY_ID_WITHOUT_PUPILS,
) -> LandedDelivery:
    """Land a reading: archive, Parquet, sidecar, ledger; a run killed between them is completed by the next.

    Args:
        home: the home.
        ledger: the ledger.
        reading: what was read.
        source_path: the file it was read from.
        delivery_id: its id, when the caller has worked it out before reading.
        reference_hash: roster, calendar and codes that it was read with.
        key_id: the key that its pseudonyms were made with.

    Raises:
        SourceLost: the file is no longer what was read; nothing landed.
    """
    if delivery_id is None:
        said = read_what_is_said(source_path, reading.relative_path, reading.mapping)
        delivery_id = identify_delivery(reading.file_sha256, reading.contract, reading.mapping, said, key_id)
    known = ledger.delivery(delivery_id)
    if known is not None:
        return LandedDelivery(delivery_id, known["state"], _slots(ledger.slots(delivery_id)), is_new=False)
    record = sidecars.read_delivery(home, delivery_id)
    if record is None:
        archive.store(home, source_path, reading.file_sha256)
        slots = write_slots(home, reading, delivery_id)
        record = _describe(reading, delivery_id, slots, key_id)
        record["delivery"] |= {"seq": ledger.next_delivery_seq(), "reference_hash": reference_hash}
        sidecars.write_delivery(home, record)
    ledger.record_delivery(record)
    return LandedDelivery(delivery_id, record["delivery"]["state"], _slots(record["slots"]), is_new=True)


def write_slots(home: Home, reading: Reading, delivery_id: str) -> list[Slot]:
    """Write one Parquet file per district and school year, sorted by the contract's key."""
    import pyarrow as pa

    if reading.table.num_rows == 0:
        return []
    rows, slots = _sort_and_hash(reading)
    rows = rows.append_column("delivery_id", pa.repeat(pa.scalar(delivery_id), rows.num_rows))
    schema = reading.contract.landing_schema()
    rows = rows.select(schema.names).cast(schema)
    paths = [slot_path(home, reading.contract.name, s.school_year, s.district_id, delivery_id) for s in slots]
    start = 0
    for slot, path in zip(slots, paths, strict=True):
        _write_parquet(path, rows.slice(start, slot.n_rows))
        start += slot.n_rows
    os.sync()  # once for all files and folders: one call each would cost most of a statewide file's time
    return slots


def _sort_and_hash(reading: Reading) -> tuple[pa.Table, list[Slot]]:
    """The rows in order of slot and key, and the slots with their content hashes, in the same order.

    The content hash is that of the rows as canonical text; neither the delivery nor the line counts.
    """
    import duckdb

    columns = [name for name in reading.table.column_names if name != "source_line"]
    texts = ", ".join(f'cast("{name}" as varchar)' for name in columns)
    key = ", ".join(f'"{name}"' for name in (*reading.contract.key, "source_line"))
    with duckdb.connect() as connection:
        connection.register("reading", reading.table)
        rows = connection.sql(f"select * from reading order by {key}").to_arrow_table()
        groups = connection.sql(f"""
            select district_id, school_year, count(*), sha256(string_agg(line, chr(10) order by line))
            from (select district_id, school_year, cast(to_json([{texts}]) as varchar) as line from reading)
            group by district_id, school_year order by district_id, school_year
        """).fetchall()
    return rows, [Slot(_checked(group[0]), reading.extract, *group[1:]) for group in groups]


def _checked(district_id: str) -> str:
    """A district id that can name a folder."""
    if not _SAFE_IN_A_PATH.fullmatch(district_id):
        raise ValueError("a district_id may hold letters, digits, '-' and '_' only: correct the roster")
    return district_id


def _write_parquet(path: Path, rows: pa.Table) -> None:
    """Write a file under its name only when it is whole, with checksums, and close it to changes."""
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as handle:
        pq.write_table(rows, handle, compression="zstd", write_page_checksum=True, row_group_size=ROW_GROUP_ROWS)
    draft.chmod(0o444)
    draft.replace(path)


def _describe(reading: Reading, delivery_id: str, slots: list[Slot], key_id: str) -> dict[str, Any]:
    """The delivery's sidecar: all that the ledger keeps of it."""
    delivery = {
        "delivery_id": delivery_id,
        "sender": reading.sender,
        "contract": reading.contract.name,
        "extract": reading.extract,
        "domain": reading.domain,
        "mapping_id": reading.mapping.mapping_id,
        "mapping_hash": reading.mapping.content_hash,
        "contract_version": reading.contract.version,
        "key_id": key_id,
        "received_at": utc_now(),
    }
    copied = ("file_name", "file_sha256", "school_year", "vintage", "data_through", "state")
    counts = ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate")
    delivery |= {name: getattr(reading, name) for name in (*copied, *counts)}
    rejects = [
        {"delivery_id": delivery_id, "line": r.line, "column_name": r.column, "rule_id": r.rule_id, "reason": r.reason}
        for r in reading.rejects
    ]
    results = [_rule_result(reading, delivery_id, finding) for finding in reading.findings]
    results += _identity_results(reading, delivery_id)
    landed = [{"delivery_id": delivery_id, **vars(slot)} for slot in slots]
    return {"delivery": delivery, "slots": landed, "rejects": rejects, "rule_results": results}


def _rule_result(reading: Reading, delivery_id: str, finding: Finding) -> dict[str, Any]:
    """A finding as a result of door 1; one that refused something failed."""
    return {
        "door": 1,
        "subject": delivery_id,
        "rule_id": finding.rule_id,
        "scope": finding.scope,
        "domain": reading.domain,
        "school_year": reading.school_year,
        "n_checked": finding.n_checked,
        "n_failed": finding.n_failed,
        "status": "failed" if finding.severity == "error" else "passed",
    }


def _identity_results(reading: Reading, delivery_id: str) -> list[dict[str, Any]]:
    """One failed result of door 1 for each district with a row that breaks its own identity (rule I01)."""
    failed = Counter(failure.district_id for failure in reading.identity_failures)
    landed = zip(*(reading.table.column(name).to_pylist() for name in ("district_id", "source_line")), strict=True)
    rows = Counter(district_id for district_id, _ in set(landed)) if failed else Counter()
    common = {"door": 1, "subject": delivery_id, "rule_id": IDENTITY_RULE, "scope": "district", "status": "failed"}
    common |= {"domain": reading.domain, "school_year": reading.school_year}
    return [
        common | {"district_id": district_id, "n_checked": rows[district_id], "n_failed": n_failed}
        for district_id, n_failed in sorted(failed.items())
    ]


def _slots(rows: list[dict[str, Any]]) -> tuple[Slot, ...]:
    names = ("district_id", "extract", "school_year", "n_rows", "content_hash")
    return tuple(Slot(**{name: row[name] for name in names}) for row in rows)
