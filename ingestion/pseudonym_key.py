"""The secret from which pseudonyms are made, and the keyed hash made with it.

Belongs here: where the secret comes from, and HMAC-SHA256 as DuckDB computes it over a column. Does not belong here:
what is kept of an id (``vault.py``).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingestion.home import HomeError, sync_folder

CURRENT = "SCHOOLSTAT_PSEUDONYM_KEY"
PREVIOUS = "SCHOOLSTAT_PSEUDONYM_KEY_PREVIOUS"
FILE_SUFFIX = "_FILE"
SHORTEST = 32
"""Characters that a secret needs at least: 128 bits, written in hexadecimal."""

_BLOCK_BYTES = 64


class PseudonymKeyError(HomeError):
    """The secret cannot be had, or is not the one that the vault was made with; its message never holds it."""


@dataclass(frozen=True)
class PseudonymKey:
    """One secret.

    Attributes:
        secret: its bytes; never shown, logged or written into SQL.
    """

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """A short name of the secret that gives nothing of it away."""
        return hashlib.sha256(b"key id" + self.secret).hexdigest()[:12]

    @property
    def parameters(self) -> dict[str, bytes]:
        """The secret in the two forms that :func:`hmac_sql` asks for, as parameters of the query."""
        padded = self.secret if len(self.secret) <= _BLOCK_BYTES else hashlib.sha256(self.secret).digest()
        padded = padded.ljust(_BLOCK_BYTES, b"\0")
        return {"inner_pad": bytes(byte ^ 0x36 for byte in padded), "outer_pad": bytes(byte ^ 0x5C for byte in padded)}


def hmac_sql(text: str) -> str:
    """SQL of HMAC-SHA256 over a text, in hexadecimal; the secret comes in by :attr:`PseudonymKey.parameters`."""
    return f"sha256($outer_pad::BLOB || unhex(sha256($inner_pad::BLOB || encode({text}))))"


def load_key(folder: Path, environment: Mapping[str, str] = os.environ) -> PseudonymKey:
    """The secret of the environment, else the one kept in ``folder``, which is made there once.

    Raises:
        PseudonymKeyError: it cannot be read or is too short.
    """
    return _from_environment(CURRENT, environment) or _from_file(_make_once(folder / "key"))


def key_of_environment(environment: Mapping[str, str] = os.environ) -> PseudonymKey | None:
    """The secret that the environment gives, or None where the home keeps its own.

    Raises:
        PseudonymKeyError: it cannot be read or is too short.
    """
    return _from_environment(CURRENT, environment)


def load_previous_key(environment: Mapping[str, str] = os.environ) -> PseudonymKey | None:
    """The secret that was in use before, while a rotation lasts.

    Raises:
        PseudonymKeyError: it cannot be read or is too short.
    """
    return _from_environment(PREVIOUS, environment)


def make_key() -> PseudonymKey:
    """A secret of its own, kept nowhere."""
    return PseudonymKey(os.urandom(32).hex().encode())


def _from_environment(name: str, environment: Mapping[str, str]) -> PseudonymKey | None:
    text, path = environment.get(name), environment.get(name + FILE_SUFFIX)
    if text and path:
        raise PseudonymKeyError(f"both {name} and {name}{FILE_SUFFIX} are set: keep one of them")
    if text:
        return _checked(text, name)
    return _from_file(Path(path).expanduser()) if path else None


def _from_file(path: Path) -> PseudonymKey:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise PseudonymKeyError(f"the pseudonym key cannot be read from {path} ({type(error).__name__})") from None
    return _checked(text, str(path))


def _checked(text: str, place: str) -> PseudonymKey:
    secret = text.strip().encode()
    if len(secret) < SHORTEST:
        raise PseudonymKeyError(
            f"{place}: the pseudonym key is shorter than {SHORTEST} characters; make one with 'openssl rand -hex 32'"
        )
    return PseudonymKey(secret)


def _make_once(path: Path) -> Path:
    """Make the file with a new secret unless it is there; only its owner may read it."""
    if not path.exists():
        draft = path.with_name(f".{path.name}.draft")
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(make_key().secret + b"\n")
            handle.flush()
            os.fsync(handle.fileno())
        draft.replace(path)
        sync_folder(path.parent)
    return path
