"""Archives that arrive: zip with many files, gzip with one, unpacked where nothing else lies.

Belongs here: what an archive holds, refusing one that is a trap or damaged, and writing a file of it. Does not belong
here: what becomes of the files (``inbox_pass.py``); the archive of received files (``archive.py``).

An archive is told by its name, so that a workbook, which is packed as well, is not taken for one. One bad entry refuses
the whole archive: who sent a trap is not believed on the rest.
"""

from __future__ import annotations

import errno
import gzip
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ingestion.file_names import find_path_fault, show_name

ZIP, GZIP = ".zip", ".gz"
_NESTED = (ZIP, GZIP, ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".zst")
_GZIP_START = b"\x1f\x8b"
_HIDDEN_FOLDER = "__MACOSX"
_ENCRYPTED = 0x1
_BLOCK = 1 << 20

DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError, KeyError)
"""What the libraries raise for an archive that is damaged, encrypted or packed in a way that they do not know."""


@dataclass(frozen=True)
class Limits:
    """What an archive may come to.

    Attributes:
        members: files that it may hold.
        bytes: bytes that all of them may have together.
        ratio: how many times larger than packed a file may be.
        small: bytes up to which no ratio is asked: a short file of one letter packs without end.
    """

    members: int = 2_000
    bytes: int = 8 << 30
    ratio: int = 200
    small: int = 16 << 20


LIMITS = Limits()


class ArchiveRefused(Exception):
    """An archive that is not unpacked: a trap, damaged, or larger than allowed.

    Attributes:
        message: what is wrong.
        what_to_do: what the sender does about it.
    """

    def __init__(self, message: str, what_to_do: str):
        self.message, self.what_to_do = message, what_to_do
        super().__init__(f"{message}; {what_to_do}")


@dataclass(frozen=True)
class Member:
    """A file in an archive.

    Attributes:
        name: its path in the archive, with forward slashes.
        size: bytes; of a gzip file, those of the archive, as it does not reliably say its own.
    """

    name: str
    size: int


def is_archive(name: str) -> bool:
    """Whether a file of that name is unpacked."""
    return name.lower().endswith((ZIP, GZIP))


def list_members(path: Path, limits: Limits = LIMITS) -> list[Member]:
    """The files of an archive, by its own list; nothing is unpacked.

    Raises:
        ArchiveRefused: it is not to be unpacked.
        OSError: it cannot be read.
    """
    with _damage_refuses():
        if path.name.lower().endswith(GZIP):
            return [_only_member(path)]
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
        _check_list(entries, limits)
        members = [Member(entry.filename, entry.file_size) for entry in entries if not _is_hidden(entry.filename)]
    if not members:
        raise ArchiveRefused("the archive holds no file", "pack it again")
    return members


def unpack(path: Path, members: Mapping[Path, Member], limits: Limits = LIMITS) -> None:
    """Write files of an archive, by where they shall lie, for this user's eyes alone and with the archive's time.

    Raises:
        ArchiveRefused: one is damaged, or grows past what is allowed; nothing is left of it.
        OSError: it cannot be read, or there is no room.
    """
    status = path.stat()
    most = min(max(limits.small, limits.ratio * status.st_size), limits.bytes)
    with _damage_refuses(), _opened(path) as open_member:
        for target, member in members.items():
            try:
                with open_member(member.name) as source, target.open("xb") as out:
                    target.chmod(0o600)
                    _copy(source, out, most)
                os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
            except BaseException:
                target.unlink(missing_ok=True)
                raise


def _only_member(path: Path) -> Member:
    with path.open("rb") as handle:
        if handle.read(2) != _GZIP_START:
            raise gzip.BadGzipFile
    name = path.name[: -len(GZIP)]
    if name.lower().endswith(_NESTED):
        raise ArchiveRefused("the archive holds an archive", "send the files themselves")
    fault = find_path_fault(name)
    if fault:
        raise ArchiveRefused(f"the archive's name {fault}", "rename it")
    return Member(name, path.stat().st_size)


def _check_list(entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(entries) > limits.members:
        raise ArchiveRefused(f"the archive holds more than {limits.members:,} files", "send it in parts")
    if sum(entry.file_size for entry in entries) > limits.bytes:
        raise ArchiveRefused(f"the archive unpacks to more than {limits.bytes >> 20:,} MiB", "send it in parts")
    seen: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        fault = _find_fault(entry, limits)
        if entry.filename.casefold() in seen:
            fault = "has the name of another one"
        if fault:
            message = f"entry {number} of the archive, {show_name(entry.orig_filename)}, {fault}; nothing was unpacked"
            raise ArchiveRefused(message, "pack the files themselves, under plain names, and send it again")
        seen.add(entry.filename.casefold())


def _find_fault(entry: zipfile.ZipInfo, limits: Limits) -> str | None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is a link, not a file" if kind == stat.S_IFLNK else "is not a file"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if entry.filename.lower().endswith(_NESTED):
        return "is an archive itself"
    if entry.file_size > max(limits.small, limits.ratio * entry.compress_size):
        return f"would grow to more than {limits.ratio} times its size"
    return find_path_fault(entry.orig_filename)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == _HIDDEN_FOLDER for part in name.split("/"))


@contextmanager
def _opened(path: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    """What opens a file of an archive by its name; the archive's list is read once."""
    if path.name.lower().endswith(GZIP):
        with gzip.open(path) as source:
            yield lambda _: source  # pyright: ignore[reportReturnType]
    else:
        with zipfile.ZipFile(path) as archive:
            yield archive.open


def _copy(source: IO[bytes], out: IO[bytes], most: int) -> None:
    n_bytes = 0
    while block := source.read(_BLOCK):
        n_bytes += len(block)
        if n_bytes > most:
            raise ArchiveRefused("the archive grows past what is allowed while it is unpacked", "send the file itself")
        out.write(block)


@contextmanager
def _damage_refuses() -> Iterator[None]:
    """What the libraries raise for a damaged archive, as one; a fault of the machine stays what it is."""
    try:
        yield
    except DAMAGE as error:
        raise _damaged(error) from None
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):
            raise
        raise _damaged(error) from None


def _damaged(error: Exception) -> ArchiveRefused:
    message = f"the archive is damaged, cut off or of a form that is not read ({type(error).__name__})"
    return ArchiveRefused(message, "pack the files again and compare sizes after sending")
