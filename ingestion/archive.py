"""The restricted archive of raw files, each under the hash of its bytes.

Belongs here: keeping a received file, bit for bit, where no other user reads it. Does not belong here: what
the file holds, or for how long the agreement lets it rest.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from ingestion.home import Home, sync_folder

_BLOCK = 1 << 20
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


class SourceLost(Exception):
    """A file of the inbox cannot be read, or changed while it was read; nothing was kept of it."""


def hash_file(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def archived_path(home: Home, file_name: str, sha256: str) -> Path:
    """Where a raw file rests."""
    suffix = Path(file_name).suffix.lower()
    return home.archive / sha256[:2] / f"{sha256}{suffix if _SUFFIX.fullmatch(suffix) else ''}"


def store(home: Home, source: Path, sha256: str) -> Path:
    """Keep a raw file, once.

    Raises:
        SourceLost: the file is gone, cannot be read, or no longer has the bytes that were read before.
    """
    target = archived_path(home, source.name, sha256)
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = target.with_name(f".{target.name}.draft")
    copied = _copy(source, draft)
    if copied != sha256:
        draft.unlink()
        raise SourceLost("the file changed while it was read")
    draft.replace(target)
    sync_folder(target.parent)
    return target


def _copy(source: Path, draft: Path) -> str:
    """Copy a file for this user's eyes alone; the hash of what was copied."""
    digest = hashlib.sha256()
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        for block in _blocks(source):
            digest.update(block)
            target.write(block)
        target.flush()
        os.fsync(target.fileno())
    return digest.hexdigest()


def _blocks(source: Path):
    """A file's bytes, piece by piece."""
    try:
        with source.open("rb") as handle:
            while block := handle.read(_BLOCK):
                yield block
    except OSError as error:
        raise SourceLost(f"the file cannot be read ({error.strerror})") from None
