"""One pass over the inbox: which of its files are new, and what becomes of each.

Belongs here: telling a file that is new from one that is known, having it read and landed, and a named outcome for
every file. Does not belong here: which files a night takes (``inbox.py``), walking the folder (``inbox_walk.py``),
reading (``reading.py``) or landing (``landing.py``) one of them.

A file is hashed only when its size or time moved. A known file is read again when its mapping, its name or
its manifest changed; and, if something in it was refused, also when the roster or the calendar did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ingestion.archive import SourceLost, hash_file
from ingestion.contract import load_contracts
from ingestion.destroyed_slots import have_people_landed
from ingestion.home import Home
from ingestion.inbox_archives import InboxArchive
from ingestion.inbox_walk import FoundFile
from ingestion.landing import KEY_ID_WITHOUT_PUPILS, identify_delivery, land, read_what_is_said
from ingestion.ledger import Ledger, Row
from ingestion.spill import close_scratch
from ingestion.vault import Vault, open_vault

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.contract import Contract
    from ingestion.findings import Finding, Reading
    from ingestion.mapping import Mapping

Result = TypeVar("Result")
Outcome = Literal["landed", "quarantined", "duplicate", "unchanged", "no_mapping", "unreadable", "unpacked", "refused"]


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file.

    Attributes:
        relative_path: path below the inbox, with forward slashes.
        outcome: ``landed`` or ``quarantined`` when it was read tonight; ``duplicate`` when the same bytes were
            known under another name or time; ``unchanged`` when nothing moved; ``no_mapping`` when no mapping is
            meant for it; ``unreadable`` when it could not be opened, vanished or changed while it was read. An
            archive is ``unpacked``, its files have outcomes of their own, or ``refused`` as a whole.
        delivery_id: the delivery it is, or None.
        sender: who sent it, when known.
        state: the delivery's state, or None.
        rows_in: data rows read tonight; always landed + rejected + duplicate.
        rows_landed: of them landed.
        rows_rejected: of them refused.
        rows_duplicate: of them exact repetitions.
        findings: outcome of each rule, when it was read tonight.
        message: what is wrong and what to do, for ``no_mapping``, ``unreadable`` and ``refused``.
        rows_ignored: data rows that the mapping is not about; no part of ``rows_in``.
    """

    relative_path: str
    outcome: Outcome
    delivery_id: str | None = None
    sender: str | None = None
    state: str | None = None
    rows_in: int = 0
    rows_landed: int = 0
    rows_rejected: int = 0
    rows_duplicate: int = 0
    findings: tuple[Finding, ...] = ()
    message: str = ""
    rows_ignored: int = 0


class InboxPass:
    """One pass over the inbox, with what was known when it began; :meth:`close` ends it."""

    def __init__(self, home: Home, ledger: Ledger, collaborative: Collaborative) -> None:
        self._home = home
        self._ledger = ledger
        self._collaborative = collaborative
        self._files = ledger.inbox_files()
        self._deliveries = {row["delivery_id"]: row for row in ledger.deliveries()}
        self._reference_hash = hash_reference(collaborative)
        self._archive: InboxArchive | None = None

    def process(self, file: FoundFile, mapping: Mapping | None) -> FileOutcome | None:
        """What becomes of one file; None when it is of an archive that is not unpacked."""
        if file.fault:
            return FileOutcome(file.relative_path, "unreadable", message=file.fault)
        if file.is_passed_over:
            return None
        try:
            if file.archive is not None and file.is_archive:
                return self._process_archive(file, file.archive)
            if mapping is not None:
                return self._process_mapped(file, mapping)
        except SourceLost as lost:
            return FileOutcome(file.relative_path, "unreadable", message=f"{lost}; it is tried again next time")
        return FileOutcome(file.relative_path, "no_mapping", message="no mapping is meant for a file of this name")

    def _process_mapped(self, file: FoundFile, mapping: Mapping) -> FileOutcome:
        known, stayed = self._files.get(file.relative_path), self._stayed(file)
        sha256 = known["sha256"] if known and stayed else _open(hash_file, file.lay())
        delivery_id = self._identify(file, mapping, sha256, known)
        delivery = self._deliveries.get(delivery_id)
        if delivery is None:
            return self._land(file, mapping, sha256, delivery_id)
        is_unchanged = stayed and known is not None and known["delivery_id"] == delivery_id
        outcome: Outcome = "unchanged" if is_unchanged else "duplicate"
        if not is_unchanged:
            self._remember(file, sha256, delivery_id, outcome)
        return FileOutcome(file.relative_path, outcome, delivery_id, delivery["sender"], delivery["state"])

    def _process_archive(self, file: FoundFile, archive: InboxArchive) -> FileOutcome:
        """Unpack an archive that is new, so that all of it can be read before any of it is."""
        if self._archive is not None:
            self._archive.clear()
        self._archive = archive
        is_known = self._stayed(file) and self._files[file.relative_path]["outcome"] == "unpacked"
        if archive.has_mapping and not is_known:
            archive.unpack_all()
        if archive.fault:
            return FileOutcome(file.relative_path, "unreadable", message=archive.fault)
        outcome: Outcome = "refused" if archive.refusal else "unchanged" if is_known else "unpacked"
        if outcome == "unpacked" and not archive.has_mapping:
            outcome = "no_mapping"
        if outcome != "unchanged":
            self._remember(file, _open(lambda _: archive.sha256(), file.path), "", outcome)
        findings = (archive.refusal,) if archive.refusal else ()
        message = "; ".join(f"{finding.message}; {finding.what_to_do}" for finding in findings)
        if outcome == "no_mapping":
            message = "no mapping is meant for any of the files in it"
        return FileOutcome(file.relative_path, outcome, findings=findings, message=message)

    def known_hash(self, file: FoundFile) -> str:
        """The hash of a file that did not change since it was last looked at; else empty."""
        return self._files[file.relative_path]["sha256"] if self._stayed(file) else ""

    def _stayed(self, file: FoundFile) -> bool:
        """Whether a file has the size and the time that it had when it was last looked at."""
        known = self._files.get(file.relative_path)
        return known is not None and (known["size"], known["mtime_ns"]) == (file.size, file.mtime_ns)

    def _identify(self, file: FoundFile, mapping: Mapping, sha256: str, known: Row | None) -> str:
        """The delivery that the file is: a known one that still stands, or a new one."""
        contract = load_contracts()[mapping.contract]
        key_id = self._key_id(contract)
        said = _open(read_what_is_said, file.path, file.relative_path, mapping)

        def again(reference_hash: str | None) -> str:
            return identify_delivery(sha256, contract, mapping, said | {"reference": reference_hash or ""}, key_id)

        first = identify_delivery(sha256, contract, mapping, said, key_id)
        for delivery_id in (known["delivery_id"] if known else first, first):
            delivery = self._deliveries.get(delivery_id)
            if delivery and delivery_id in (first, again(delivery["reference_hash"])) and self._stands(delivery):
                return delivery_id
        return again(self._reference_hash) if first in self._deliveries else first

    def _stands(self, delivery: Row) -> bool:
        """Whether reading the same bytes again would say the same."""
        return delivery["state"] == "accepted" or delivery["reference_hash"] == self._reference_hash

    def _land(self, file: FoundFile, mapping: Mapping, sha256: str, delivery_id: str) -> FileOutcome:
        file.lay()
        with closing(self._read(file, mapping)) as reading:
            if reading.file_sha256 != sha256:
                raise SourceLost("the file changed while it was read")
            key_id = self._key_id(reading.contract)
            landed = land(self._home, self._ledger, reading, file.path, delivery_id, self._reference_hash, key_id)
        self._deliveries[delivery_id] = {
            "sender": reading.sender,
            "state": landed.state,
            "reference_hash": self._reference_hash,
        }
        outcome: Outcome = "quarantined" if landed.state == "quarantined" else "landed"
        self._remember(file, sha256, delivery_id, outcome)
        return FileOutcome(
            file.relative_path,
            outcome,
            delivery_id,
            reading.sender,
            landed.state,
            reading.rows_in,
            reading.rows_landed,
            reading.rows_rejected,
            reading.rows_duplicate,
            reading.findings,
            rows_ignored=reading.rows_ignored,
        )

    def _read(self, file: FoundFile, mapping: Mapping) -> Reading:
        from ingestion.reading import read_delivery

        contract = load_contracts()[mapping.contract]
        vault = self._vault if contract.holds_people else None
        known = (mapping, contract, self._collaborative, vault, str(self._home.spill))
        return _open(read_delivery, file.path, file.relative_path, *known)

    def _key_id(self, contract: Contract) -> str:
        """The key of the pseudonyms that a file of the contract is read with."""
        return self._vault.key_id if contract.holds_people else KEY_ID_WITHOUT_PUPILS

    @cached_property
    def _vault(self) -> Vault:
        return open_vault(self._home, is_in_use=have_people_landed(self._ledger))

    def close(self) -> None:
        """Close what the night has opened."""
        close_scratch(str(self._home.spill))
        if "_vault" in self.__dict__:
            self._vault.close()

    def _remember(self, file: FoundFile, sha256: str, delivery_id: str, outcome: Outcome) -> None:
        self._ledger.record_inbox_file(
            {
                "path": file.relative_path,
                "size": file.size,
                "mtime_ns": file.mtime_ns,
                "sha256": sha256,
                "outcome": outcome,
                "delivery_id": delivery_id,
            }
        )


def hash_reference(collaborative: Collaborative) -> str:
    """Hash of what a reading compares a file with, beside its mapping: senders, rosters, calendar, codes."""
    parts = (collaborative.senders, collaborative.districts, collaborative.periods, collaborative.state_functions)
    parts += (collaborative.schools,) if collaborative.schools else ()
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:20]


def _open(read: Callable[..., Result], path: Path, *more: Any) -> Result:
    """Call a function that opens a file of the inbox.

    Raises:
        SourceLost: the file is gone or may not be read.
    """
    try:
        return read(path, *more)
    except OSError as error:
        raise SourceLost(f"the file cannot be read ({error.strerror})") from None
