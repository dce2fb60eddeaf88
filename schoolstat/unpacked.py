"""Files that somebody names on the command line, those within archives included.

Belongs here: unpacking an archive for a look at it, and leaving nothing behind. Does not belong here: reading a file
(``check.py``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ingestion.archives import is_archive
from ingestion.delivery_facts import file_error
from ingestion.findings import Finding
from ingestion.inbox_archives import InboxArchive


@dataclass(frozen=True)
class NamedFile:
    """A file to look at.

    Attributes:
        path: where its bytes are.
        named: its path as somebody would name it; the archive that it is in is a folder of it.
        refusal: why the archive is not unpacked; None for every other file.
    """

    path: Path
    named: Path
    refusal: Finding | None = None


@contextmanager
def unpack_named(files: Iterable[Path]) -> Iterator[list[NamedFile]]:
    """The files, archives unpacked into a folder of this user's that goes with the context."""
    with tempfile.TemporaryDirectory(prefix="schoolstat-") as folder:
        yield [named for number, path in enumerate(files) for named in _unpack(path, Path(folder) / str(number))]


def _unpack(path: Path, folder: Path) -> Iterator[NamedFile]:
    if not is_archive(path.name) or not path.is_file():
        yield NamedFile(path, path)
        return
    archive = InboxArchive(path, folder)
    members = archive.open()
    archive.unpack_all()
    if archive.fault:
        yield NamedFile(path, path, file_error("D02", archive.fault, "look at the disk, then check it again"))
    elif archive.refusal is not None:
        yield NamedFile(path, path, archive.refusal)
    else:
        yield from (NamedFile(archive.place(member.name), path / member.name) for member in members)
