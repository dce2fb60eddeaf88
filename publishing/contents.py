"""What a release's files hold: the content of each table, and hashes of it.

Belongs here: the words in which contents are compared. Does not belong here: reading or writing a file's tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from expectations.content_hash import Content
from expectations.models import ModelInfo
from expectations.receipts import TableContent
from publishing.refusals import ReleaseRefused

TableContents = dict[str, Content]
"""The content of each table of one file, by its name."""

FileContents = dict[str, TableContents]
"""For each file of a release, by its path in it: the content of each table."""

DistrictContents = dict[str, TableContents]
"""For tables whose rows belong to districts, by the table's name: the content of each district's rows."""


def hash_tables(tables: TableContents) -> str:
    """One hash of all tables of a file; ``release_info`` and the file's own bytes stand outside."""
    told = {table: content.hash for table, content in tables.items()}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def hash_contents(contents: FileContents) -> str:
    """One hash of all tables of all files."""
    told = {file: {table: content.hash for table, content in tables.items()} for file, tables in contents.items()}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def require_same(model: ModelInfo, where: str, found: Content, receipt_tables: Mapping[str, TableContent]) -> None:
    """Compare a table with what door 3 saw of it.

    Raises:
        ReleaseRefused: it differs, or door 3 did not see it.
    """
    seen = receipt_tables.get(model.name)
    if seen is None:
        raise ReleaseRefused(f"{model.name}: door 3's receipt does not name this table, so nobody has checked it")
    if (seen.hash, seen.rows) != (found.hash, found.rows):
        raise ReleaseRefused(
            f"{model.name} ({where}): its content is not what door 3 checked "
            f"({found.rows} rows now, {seen.rows} then); the build was changed after the door. Refresh again."
        )
