"""The inbox: which of its files a night takes, and what became of all of them.

Belongs here: choosing files by district, year and mapping, and landing what is new in the whole folder. Does not belong
here: walking the folder (``inbox_walk.py``), or what becomes of one file (``inbox_pass.py``).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ingestion import sidecars
from ingestion.archives import is_archive
from ingestion.home import Home
from ingestion.inbox_pass import FileOutcome, InboxPass, Outcome
from ingestion.inbox_walk import FoundFile, walk_arrivals, with_members
from ingestion.ledger import Ledger
from ingestion.mapping import find_mapping
from ingestion.school_years import ending_year
from ingestion.unfinished_exchange import require_none

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.mapping import Mapping

UNPACKED = "unpacked"
"""Below the home's work: files of archives, while they are read."""


class InboxError(Exception):
    """The inbox as a whole cannot be used."""


@dataclass(frozen=True)
class InboxResult:
    """What became of every file of the inbox, sorted by path."""

    files: tuple[FileOutcome, ...]

    def count(self, outcome: Outcome) -> int:
        """How many files had that outcome."""
        return sum(file.outcome == outcome for file in self.files)


class NewFile(NamedTuple):
    """A file that was not read yet as it stands: its path below the inbox, its size and its time."""

    relative_path: str
    size: int
    mtime_ns: int


def process_inbox(
    home: Home,
    ledger: Ledger,
    collaborative: Collaborative,
    inbox: Path,
    districts: Collection[str] | None = None,
    years: Collection[int] | None = None,
) -> InboxResult:
    """Land what is new in the inbox; an expected fault of a file is its outcome, never an exception.

    Args:
        home: the home; the caller holds its lock.
        ledger: the ledger.
        collaborative: roster, calendar and mappings.
        inbox: the folder; nothing in it is changed.
        districts: only these districts' files, and those of statewide senders.
        years: only files whose name gives one of these school years, or none.

    Raises:
        InboxError: the folder is not there.
        ExchangeUnfinished: rows about people are being exchanged.
        ConfigurationError: two mappings claim one file; nothing has landed.
        PseudonymKeyError: the secret of the pseudonyms cannot be had or is not the vault's.
    """
    if not inbox.is_dir():
        raise InboxError(f"{inbox} is not a folder: give the folder that holds the files with --inbox")
    require_none(home)
    sidecars.catch_up(home, ledger)
    shutil.rmtree(home.work / UNPACKED, ignore_errors=True)
    night = InboxPass(home, ledger, collaborative)
    listed = (
        file
        for entry in walk_arrivals(inbox, home.incoming)
        for file in with_members(entry, home.work / UNPACKED, night.known_hash(entry))
    )
    # part by part: an archive's files follow it, whatever the next archive is called
    found = sorted(listed, key=lambda file: file.relative_path.split("/"))
    mapped = [(file, _mapping_of(file, collaborative)) for file in found]
    for file, mapping in mapped:
        if file.archive is not None and mapping is not None:
            file.archive.has_mapping = True
    wanted = (pair for pair in mapped if _is_wanted(*pair, collaborative, districts, years))
    try:
        outcomes = (night.process(file, mapping) for file, mapping in wanted)
        return InboxResult(tuple(outcome for outcome in outcomes if outcome is not None))
    finally:
        night.close()
        shutil.rmtree(home.work / UNPACKED, ignore_errors=True)


def list_new_files(
    ledger: Ledger, mappings: Sequence[Mapping], inbox: Path, incoming: Path | None = None
) -> list[NewFile]:
    """Files that a mapping is meant for and that the ledger does not know as they stand, sorted; none is opened.

    Raises:
        InboxError: the folder is not there.
        ConfigurationError: two mappings claim one file.
    """
    if not inbox.is_dir():
        raise InboxError(f"{inbox} is not a folder: give the folder that holds the files with --inbox")
    known = {path: (row["size"], row["mtime_ns"]) for path, row in ledger.inbox_files().items()}
    return sorted(
        NewFile(file.relative_path, file.size, file.mtime_ns)
        for file in walk_arrivals(inbox, incoming)
        if not file.fault
        and known.get(file.relative_path) != (file.size, file.mtime_ns)
        and (is_archive(file.relative_path) or find_mapping(mappings, file.relative_path) is not None)
    )


def _mapping_of(file: FoundFile, collaborative: Collaborative) -> Mapping | None:
    """The mapping of a file; an archive has none, its files have theirs."""
    return None if file.is_archive else find_mapping(collaborative.mappings, file.relative_path)


def _is_wanted(
    file: FoundFile,
    mapping: Mapping | None,
    collaborative: Collaborative,
    districts: Collection[str] | None,
    years: Collection[int] | None,
) -> bool:
    """Whether a file belongs to what was asked for; what only the file's content could say does not exclude it."""
    if mapping is None or (districts is None and years is None):
        return True
    match = mapping.match(file.relative_path)
    said = match.groupdict() if match else {}
    sender = collaborative.sender(said.get("district_id") or mapping.sender or "")
    year = ending_year(said.get("school_year") or "") or mapping.only_year
    is_districts = districts is None or sender is None or sender.statewide or sender.sender_id in districts
    return is_districts and (years is None or year is None or year in years)
