"""Every file of the inbox that may be a delivery, those within archives included.

Belongs here: walking the folder, and what can be seen of a file without opening it. Does not belong here: what becomes
of a file (``inbox_pass.py``).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ingestion.archive import SourceLost
from ingestion.archives import ArchiveRefused, is_archive
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.file_names import find_name_fault
from ingestion.home import INCOMING
from ingestion.inbox_archives import InboxArchive

_TAKEN = "the name is that of the files fetched from sources, which would have the same paths: rename it"


@dataclass(frozen=True)
class FoundFile:
    """One file of the inbox or of an archive in it, before anything is known of it.

    Attributes:
        relative_path: path below the inbox, with forward slashes.
        path: where it lies, or will lie once its archive is unpacked.
        size: bytes.
        mtime_ns: time of its last change; of a file in an archive, the archive's.
        fault: why it cannot be taken; empty when it can.
        archive: the archive that it is, or that it is in.
        member: its name in that archive; empty for the archive itself.
    """

    relative_path: str
    path: Path
    size: int
    mtime_ns: int
    fault: str = ""
    archive: InboxArchive | None = None
    member: str = ""

    @property
    def is_archive(self) -> bool:
        """Whether it is an archive itself."""
        return self.archive is not None and not self.member

    @property
    def is_passed_over(self) -> bool:
        """Whether nothing is said of it alone, as its archive is refused or not unpacked."""
        return (
            self.archive is not None and bool(self.member) and not (self.archive.is_read and self.archive.has_mapping)
        )

    def lay(self) -> Path:
        """Where it lies; a file of an archive is unpacked now.

        Raises:
            SourceLost: the archive is no longer what it was.
        """
        if self.archive is None or not self.member:
            return self.path
        try:
            return self.archive.take(self.member)
        except ArchiveRefused as refused:
            raise SourceLost(refused.message) from None
        except OSError as error:
            raise SourceLost(f"the file cannot be unpacked ({error.strerror})") from None


def walk_arrivals(inbox: Path, incoming: Path | None) -> Iterator[FoundFile]:
    """What was put into the inbox, and what was fetched from sources: both are read alike."""
    yield from walk(inbox)
    if incoming is not None and incoming.is_dir():
        yield from walk(incoming, INCOMING)


def walk(folder: Path, below: str = "") -> Iterator[FoundFile]:
    """Every file of the inbox that may be a delivery; links are not followed, hidden entries are not looked at."""
    try:
        entries = list(os.scandir(folder))
    except OSError as error:
        yield FoundFile(below or ".", folder, 0, 0, f"the folder cannot be read ({error.strerror})")
        return
    for entry in entries:
        relative_path = f"{below}/{entry.name}" if below else entry.name
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if relative_path == INCOMING:
            yield FoundFile(relative_path, Path(entry.path), 0, 0, _TAKEN)
        elif entry.is_dir(follow_symlinks=False):
            yield from walk(Path(entry.path), relative_path)
        elif entry.is_file(follow_symlinks=False) and not entry.name.endswith(MANIFEST_SUFFIX):
            yield _look(entry, relative_path)


def with_members(file: FoundFile, unpacked: Path, sha256: str = "") -> Iterator[FoundFile]:
    """The file, and the files in it when it is an archive.

    Args:
        file: a file of the inbox.
        unpacked: folder below which files of archives are laid.
        sha256: the archive's hash, when it is known; a manifest's is compared with it.
    """
    if file.fault or not is_archive(file.relative_path):
        yield file
        return
    folder = unpacked / hashlib.sha256(file.relative_path.encode()).hexdigest()[:16]
    archive = InboxArchive(file.path, folder, known_sha256=sha256)
    yield replace(file, archive=archive)
    for member in archive.open():
        path, place = f"{file.relative_path}/{member.name}", archive.place(member.name)
        yield FoundFile(path, place, member.size, file.mtime_ns, archive=archive, member=member.name)


def _look(entry: os.DirEntry[str], relative_path: str) -> FoundFile:
    """Size and time of one file, or why it cannot be taken."""
    readable = relative_path.encode(errors="replace").decode()
    if readable != relative_path:
        return FoundFile(readable, Path(entry.path), 0, 0, "the file's name is not UTF-8: rename the file")
    fault = find_name_fault(entry.name)
    if fault:
        return FoundFile(relative_path, Path(entry.path), 0, 0, f"the file's name {fault}: rename the file")
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        return FoundFile(relative_path, Path(entry.path), 0, 0, f"the file cannot be read ({error.strerror})")
    return FoundFile(relative_path, Path(entry.path), status.st_size, status.st_mtime_ns)
