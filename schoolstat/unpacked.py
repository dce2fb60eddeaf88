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
from ingestion.yaml_document import ConfigurationError
from reporting.plain_text import list_some

NAMED = 8
"""Files of an archive that a message names."""


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


@contextmanager
def unpack_one(path: Path) -> Iterator[Path]:
    """One file: itself, the only one of an archive, or the one that is named as if the archive were a folder.

    Raises:
        ConfigurationError: there is no such file, or the archive is refused or holds several.
    """
    archive = next((each for each in (path, *path.parents) if is_archive(each.name) and each.is_file()), None)
    if archive is None:
        if not path.is_file():
            raise ConfigurationError([f"{path}: there is no such file"])
        yield path
        return
    with unpack_named([archive]) as found:
        refusals = [f"{file.refusal.message}; {file.refusal.what_to_do}" for file in found if file.refusal]
        if refusals:
            raise ConfigurationError([f"{archive.name}: {refusals[0]}"])
        chosen = [file for file in found if path in (archive, file.named)]
        if len(chosen) != 1:
            names = list_some([file.named.relative_to(archive).as_posix() for file in found], NAMED)
            raise ConfigurationError([f"{path.name}: name one of its files, as in {archive}/NAME: {names}"])
        yield chosen[0].path
