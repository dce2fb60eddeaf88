"""The hash of the product's own source: what turns a selection into a release.

Belongs here: which files count, and their hash. Does not belong here: a collaborative's configuration, which
has a hash of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
ROOMS = ("dbt_project", "expectations", "ingestion", "publishing")
SUFFIXES = {".csv", ".md", ".py", ".sql", ".yaml", ".yml"}
WRITTEN_BY_DBT = {"target", "logs", "dbt_packages", ".user.yml"}
PINS = "requirements.lock"
"""The libraries' versions count as code: another DuckDB may round another way."""


def hash_code(checkout: Path = CHECKOUT) -> str:
    """SHA-256 of names and bytes of all source files, in order of name."""
    digest = hashlib.sha256()
    for path in sorted(_source_files(checkout)):
        digest.update(path.relative_to(checkout).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]


def _source_files(checkout: Path) -> Iterator[Path]:
    pins = checkout / PINS
    if pins.is_file():
        yield pins
    for room in ROOMS:
        yield from _below(checkout / room)


def _below(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.name in WRITTEN_BY_DBT or entry.name.startswith("."):
            continue
        if entry.is_dir():
            yield from _below(entry)
        elif entry.suffix in SUFFIXES:
            yield entry
