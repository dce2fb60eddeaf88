"""A place where files are dropped: which of them are complete, and taking those that moved.

Belongs here: the rule of complete delivery, and a file's way into ``HOME/incoming``. Does not belong here: how one kind
of place is reached (``folder.py``, ``sftp.py``, ``s3.py``).

Size and time are compared first; bytes are taken only when these moved. A file is written as a hidden draft, compared
with what was listed, and renamed when it is whole, so nothing half-written is ever read. What was destroyed here is not
taken again until it changes or comes with a new manifest.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.home import INCOMING, sync_folder
from ingestion.sources.configuration import Drop
from ingestion.sources.memory import Memory
from ingestion.sources.outcomes import FileFault, FileFetch

DONE_SUFFIX = ".done"
LARGEST_MANIFEST = 1 << 20
_SECOND = 1_000_000_000
_PART = re.compile(r"[^\x00-\x1f\x7f\\/]{1,200}")


@dataclass(frozen=True)
class Entry:
    """One file as its place lists it; ``path`` is below the source's folder, with forward slashes."""

    path: str
    size: int
    mtime_ns: int

    @property
    def stamp(self) -> str:
        """Size and time."""
        return f"{self.size}:{self.mtime_ns}"


class Place(Protocol):
    """A place that can be listed and read; it raises SourceFault when it fails, FileFault when one file does."""

    def entries(self) -> Iterator[Entry]:
        """All regular files below the source's folder; links are not followed."""
        ...

    def look(self, path: str) -> Entry:
        """One file as it stands now."""
        ...

    def copy(self, path: str, target: BinaryIO) -> None:
        """Write a file's bytes to the target."""
        ...

    def close(self) -> None:
        """Let go of the place."""
        ...


class _Counted:
    """Writes no more bytes than were listed, and hashes them."""

    def __init__(self, handle: BinaryIO, most: int) -> None:
        self._handle = handle
        self._most = most
        self.digest = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> int:
        self.size += len(block)
        if self.size > self._most:
            raise FileFault("it grew while it was fetched; it is tried again next time", "waiting")
        self.digest.update(block)
        try:
            return self._handle.write(block)
        except OSError as error:  # said here, or the place would be blamed
            raise FileFault(f"it cannot be written here ({error.strerror})") from None


def fetch_files(source: Drop, place: Place, folder: Path, memory: Memory, now: datetime) -> Iterator[FileFetch]:
    """Take what is complete and has moved.

    Args:
        source: what its configuration says.
        place: the place, opened.
        folder: the source's folder below ``HOME/incoming``.
        memory: what is known of the source.
        now: the time of this look.
    """
    listed = {entry.path: entry for entry in place.entries()}
    fetch = _Fetch(source, place, folder, memory, now, listed)
    for path in sorted(path for path in listed if _is_delivery(path) and re.fullmatch(source.files, path)):
        yield fetch.take(listed[path])


def _is_delivery(path: str) -> bool:
    """Whether a path may be a delivery: neither hidden nor what lies beside one."""
    is_hidden = any(part.startswith(".") and part not in (".", "..") for part in path.split("/"))
    return not is_hidden and not path.endswith((MANIFEST_SUFFIX, DONE_SUFFIX))


def find_unsafe(path: str) -> str:
    """Why a path must not be taken as it is; empty when it may be."""
    if path.encode(errors="replace").decode() != path:
        return "its name is not UTF-8: rename the file"
    if any(part in ("", ".", "..") or not _PART.fullmatch(part) for part in path.split("/")):
        return "its path does not stay below the folder, or holds signs that no name may: rename the file"
    return ""


@dataclass(frozen=True)
class _Fetch:
    """One look at a place."""

    source: Drop
    place: Place
    folder: Path
    memory: Memory
    now: datetime
    listed: dict[str, Entry]

    def take(self, entry: Entry) -> FileFetch:
        """What becomes of one file."""
        shown = self._arrives_as(entry)
        unsafe = find_unsafe(entry.path)
        if unsafe:
            return FileFetch(shown.encode(errors="replace").decode(), "refused", unsafe)
        try:
            return FileFetch(shown, "fetched" if self._take(entry) else "unchanged")
        except FileFault as fault:
            return FileFetch(shown, fault.outcome, str(fault))
        except OSError as error:
            return FileFetch(shown, "failed", f"it cannot be written here ({error.strerror})")

    def _arrives_as(self, entry: Entry) -> str:
        """A file's path below the home."""
        return "/".join(filter(None, (INCOMING, self.source.source, self.source.under, entry.path)))

    def _take(self, entry: Entry) -> bool:
        """Whether new bytes came."""
        if entry.size > self.source.largest_megabytes << 20:
            words = f"it is larger than {self.source.largest_megabytes} MB: raise largest_megabytes if that is right"
            raise FileFault(words, "refused")
        manifest = self.listed.get(entry.path + MANIFEST_SUFFIX)
        stamp = f"{entry.stamp}+{manifest.stamp}" if manifest else entry.stamp
        target = self.folder / self.source.under / entry.path
        known = self.memory.file(entry.path)
        stays_away = known is not None and self.memory.is_destroyed(self._arrives_as(entry), known["sha256"])
        if known is not None and known["fetched"] == stamp and (target.exists() or stays_away):
            return False
        was_stable = known is not None and known["seen"] == stamp and self._is_long_ago(known["seen_at"])
        self.memory.saw(entry.path, stamp, self.now)
        self._require_complete(entry, manifest, was_stable=was_stable)
        sha256, is_new = self._download(entry, manifest, target, known["sha256"] if known else None)
        self.memory.fetched(entry.path, stamp, sha256)
        return is_new

    def _is_long_ago(self, seen_at: str) -> bool:
        return self.now - datetime.fromisoformat(seen_at) >= timedelta(minutes=self.source.stable_minutes)

    def _require_complete(self, entry: Entry, manifest: Entry | None, *, was_stable: bool) -> None:
        """Raise while the rule of the source does not hold."""
        rule = self.source.complete
        done = self.listed.get(entry.path + DONE_SUFFIX)
        if rule == "manifest" and manifest is None:
            raise FileFault(f"it waits for its manifest (<file>{MANIFEST_SUFFIX})", "waiting")
        if rule == "done" and (done is None or _is_older(done, entry)):
            raise FileFault(f"it waits for its mark (<file>{DONE_SUFFIX}), written after it", "waiting")
        if rule == "stable" and not was_stable:
            minutes = self.source.stable_minutes
            raise FileFault(f"it waits for a second look that finds it the same, {minutes} minutes on", "waiting")

    def _download(self, entry: Entry, manifest: Entry | None, target: Path, known: str | None) -> tuple[str, bool]:
        """Take a file and its manifest; their hash, and whether the file's bytes are new."""
        make_folder(target.parent, self.folder.parent)
        drafts = [target.with_name(f".{target.name}.draft"), target.with_name(f".{target.name}{MANIFEST_SUFFIX}.draft")]
        try:
            sha256 = self._copy(entry, drafts[0])
            promised = self._copy_manifest(entry, manifest, drafts[1]) if manifest else None
            if promised is not None and promised != sha256:
                raise FileFault("its manifest speaks of other bytes; it waits for both to agree", "waiting")
            if manifest is None and self.memory.is_destroyed(self._arrives_as(entry), sha256):
                return sha256, False
            is_new = sha256 != known or not target.exists()
            beside = target.with_name(target.name + MANIFEST_SUFFIX)
            if is_new or manifest is None:
                beside.unlink(missing_ok=True)  # first: an old manifest never stands beside a new file
            if is_new:
                _date(drafts[0], entry, target)
                drafts[0].replace(target)
            if manifest:
                drafts[1].replace(beside)
            sync_folder(target.parent)
            return sha256, is_new
        finally:
            for draft in drafts:
                with suppress(FileNotFoundError):
                    draft.unlink()

    def _copy(self, entry: Entry, draft: Path) -> str:
        """Write a file's draft; its hash."""
        with open_draft(draft) as handle:
            counted = _Counted(handle, entry.size)
            self.place.copy(entry.path, counted)  # pyright: ignore[reportArgumentType]
            handle.flush()
            os.fsync(handle.fileno())
        if counted.size != entry.size or self.place.look(entry.path) != entry:
            raise FileFault("it changed while it was fetched; it is tried again next time", "waiting")
        return counted.digest.hexdigest()

    def _copy_manifest(self, entry: Entry, manifest: Entry, draft: Path) -> str | None:
        """Write a manifest's draft; the file's hash that it promises, if it does."""
        if manifest.size > LARGEST_MANIFEST:
            raise FileFault("its manifest is larger than any manifest is", "refused")
        self._copy(manifest, draft)
        try:
            promised = json.loads(draft.read_bytes()).get("sha256")
        except (ValueError, AttributeError):
            promised = None  # landing says what is wrong with it
        if promised is None and self.source.complete == "manifest" and _is_older(manifest, entry):
            raise FileFault("its manifest is older than the file and names no sha256", "waiting")
        return promised.lower() if isinstance(promised, str) else None


def _is_older(mark: Entry, entry: Entry) -> bool:
    """Whether a mark was written before the file that it is for, to the second."""
    return mark.mtime_ns // _SECOND < entry.mtime_ns // _SECOND


def _date(draft: Path, entry: Entry, target: Path) -> None:
    """Give a draft its file's own time, from which a delivery's day is taken.

    Not where the place tells none, nor where the file it replaces would look the same: new bytes must show.
    """
    if entry.mtime_ns <= 0:
        return
    if target.exists() and (target.stat().st_size, target.stat().st_mtime_ns) == (entry.size, entry.mtime_ns):
        return
    os.utime(draft, ns=(entry.mtime_ns, entry.mtime_ns))


def open_draft(path: Path) -> BinaryIO:
    """A new file for this user's eyes alone, in place of what a killed run left."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def make_folder(folder: Path, top: Path) -> None:
    """Make a folder and those above it up to ``top``, closed to other users."""
    if folder == top or folder.is_dir():
        return
    make_folder(folder.parent, top)
    folder.mkdir(mode=0o700, exist_ok=True)
