"""Landing: a reading becomes typed Parquet, one file per slot, never edited afterwards.

A delivery of many small slots is also kept whole, as a copy in one file: readers open one file
in place of hundreds.

Belongs here: a delivery's id, its files, its sidecar and its rows in the ledger, in that order. Does not
belong here: how one file is written (``landed_files.py``), reading a file (``reading.py``) or judging what
landed (``admission.py``).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingestion import archive, sidecars
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.delivery_record import describe_delivery
from ingestion.home import Home
from ingestion.landed_files import SMALL_SLOT_ROWS, Portions, write_parquet
from ingestion.ledger import Ledger
from ingestion.rows_to_land import NAME
from ingestion.sql_text import quote

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.contract import Column, Contract
    from ingestion.findings import Reading
    from ingestion.mapping import Mapping

KEY_ID_WITHOUT_PUPILS = "none"
"""Key id of contracts without pupil columns: no pseudonym is made from such a file."""

SLOTS_WORTH_A_COPY = 20
"""From this many small slots on, a delivery is also kept whole: opening a file costs as much as reading 3,000 rows."""

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
    return home.landing / f"{contract}/school_year={school_year}/district_id={district_id}/{delivery_id}.parquet"


def copy_path(home: Home, delivery_id: str) -> Path:
    """Where the copy of all rows of a delivery of many small slots lies; the slots' own files are what counts."""
    return home.landing / "_copies" / f"{delivery_id}.parquet"


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
        delivery_id: its id, when the caller has worked it out before reading, and knows that it has not landed yet.
        reference_hash: roster, calendar and codes that it was read with.
        key_id: the key that its pseudonyms were made with.

    Raises:
        SourceLost: the file is no longer what was read; nothing landed.
    """
    from ingestion.differences import find_differences  # which reads what landed, and so imports this module

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
        record = describe_delivery(reading, delivery_id, slots, key_id)
        record["delivery"] |= {"seq": ledger.next_delivery_seq(), "reference_hash": reference_hash}
        record["differences"] = find_differences(home, ledger, reading.contract, delivery_id, slots)
        sidecars.write_delivery(home, record)
    ledger.record_delivery(record)
    return LandedDelivery(delivery_id, record["delivery"]["state"], _slots(record["slots"]), is_new=True)


def write_slots(home: Home, reading: Reading, delivery_id: str) -> list[Slot]:
    """Write one Parquet file per district and school year, sorted by the contract's key, and perhaps a copy of all."""
    if reading.rows.n_rows == 0:
        return []
    slots = _hash_slots(reading)
    rows = Portions(_landing_batches(reading, delivery_id))
    for slot in slots:
        path = slot_path(home, reading.contract.name, slot.school_year, slot.district_id, delivery_id)
        write_parquet(path, rows.take(slot.n_rows), is_small=slot.n_rows < SMALL_SLOT_ROWS)
    n_rows = reading.rows.n_rows
    if len(slots) >= SLOTS_WORTH_A_COPY and n_rows < SMALL_SLOT_ROWS * len(slots):
        portions = Portions(_landing_batches(reading, delivery_id)).take(n_rows)
        write_parquet(copy_path(home, delivery_id), portions, is_small=n_rows < SMALL_SLOT_ROWS)
    os.sync()  # once for all files and folders: one call each would cost most of a statewide file's time
    return slots


def _landing_batches(reading: Reading, delivery_id: str) -> Iterator[pa.Table]:
    """The rows in landing's schema, in order of slot and key."""
    import pyarrow as pa

    schema = reading.contract.landing_schema()
    for rows in reading.rows.batches():
        named = rows.append_column("delivery_id", pa.repeat(pa.scalar(delivery_id), rows.num_rows))
        yield named.select(schema.names).cast(schema)


def _hash_slots(reading: Reading) -> list[Slot]:
    """The slots, sorted, with their content hashes: equal for the same rows in whatever order.

    Each row's text is hashed to 128 bits, and their halves are added up: a row that stands twice counts twice, and
    nothing has to be sorted. Neither the delivery nor the line counts.
    """
    row = ", ',', ".join(_text_in_row(column) for column in reading.contract.columns)
    groups = reading.rows.query(f"""
        select
            district_id, school_year, count(*),
            sha256(concat_ws(':', count(*), sum((md5 >> 64)::ubigint), sum((md5 & {2**64 - 1})::ubigint)))
        from (select district_id, school_year, md5_number(concat({row})) as md5 from {NAME})
        group by district_id, school_year order by district_id, school_year
    """)
    return [Slot(_checked(group[0]), reading.extract, *group[1:]) for group in groups]


def _text_in_row(column: Column) -> str:
    """SQL of a cell as text that cannot run into its neighbours: free text tells its length first."""
    name = quote(column.name)
    text = f"strlen({name}), ':', {name}" if column.type == "text" else f"cast({name} as varchar)"
    return text if column.required else f"case when {name} is null then '-' else concat({text}) end"


def _checked(district_id: str) -> str:
    """A district id that can name a folder."""
    if not _SAFE_IN_A_PATH.fullmatch(district_id):
        raise ValueError("a district_id may hold letters, digits, '-' and '_' only: correct the roster")
    return district_id


def _slots(rows: list[dict[str, Any]]) -> tuple[Slot, ...]:
    names = ("district_id", "extract", "school_year", "n_rows", "content_hash")
    return tuple(Slot(**{name: row[name] for name in names}) for row in rows)
