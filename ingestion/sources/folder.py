"""A drop folder of this machine, or of a file server that is mounted on it.

Does not belong here: which of its files are complete (``drop.py``).
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ingestion.sources.configuration import FolderSource
from ingestion.sources.drop import Entry
from ingestion.sources.outcomes import FileFault, SourceFault


class FolderPlace:
    """A folder, read where it lies."""

    def __init__(self, source: FolderSource) -> None:
        self._folder = Path(source.path)
        if not self._folder.is_dir():
            raise SourceFault("unreachable", f"{self._folder} is not a folder: make it, or correct path")

    def entries(self) -> Iterator[Entry]:
        """All regular files; links are not followed."""
        return self._below(self._folder, "")

    def _below(self, folder: Path, before: str) -> Iterator[Entry]:
        try:
            found = list(os.scandir(folder))
        except OSError as error:
            raise SourceFault("refused", f"a folder of the source cannot be read ({error.strerror})") from None
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                yield from self._below(Path(entry.path), f"{before}{entry.name}/")
            elif entry.is_file(follow_symlinks=False):
                with suppress(FileNotFoundError, FileFault):  # renamed or replaced meanwhile: the next look finds it
                    yield _entry(f"{before}{entry.name}", entry.stat(follow_symlinks=False))

    def look(self, path: str) -> Entry:
        """One file as it stands now."""
        try:
            return _entry(path, (self._folder / path).lstat())
        except OSError as error:
            raise FileFault(f"it cannot be read ({error.strerror})") from None

    def copy(self, path: str, target: BinaryIO) -> None:
        """Write a file's bytes to the target; a link that took its place is not followed."""
        try:
            descriptor = os.open(self._folder / path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError as error:
            raise FileFault(f"it cannot be read ({error.strerror})") from None
        with os.fdopen(descriptor, "rb") as source:
            shutil.copyfileobj(source, target, 1 << 20)

    def close(self) -> None:
        """Nothing is held."""


def _entry(path: str, status: os.stat_result) -> Entry:
    if not stat.S_ISREG(status.st_mode):
        raise FileFault("it is no regular file any more", "refused")
    return Entry(path, status.st_size, status.st_mtime_ns)
