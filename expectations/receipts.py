"""A door's receipt: what passed, bound to the build and to the content of its tables.

Belongs here: writing and reading ``door_N.json`` so that a change to it is seen. Does not belong here: what a door
checks, or what publishing demands of a receipt.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from expectations.evaluate import Status
from ingestion.home import Home, write_atomically

DoorName = Literal["door_2", "door_3"]


class ReceiptRefused(Exception):
    """A receipt is unreadable or was changed after it was written."""


def spoken(door: DoorName) -> str:
    """A door's name in a message: ``door 2``."""
    return door.replace("_", " ")


class RuleStatus(BaseModel):
    """How one expected rule ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    status: Status
    severity: Literal["error", "warn"]
    may_be_empty: bool = False
    n_checked: int = 0
    n_failed: int = 0

    @property
    def blocks(self) -> bool:
        """Whether this status keeps the door shut."""
        if self.status == "failed":
            return self.severity == "error"
        return self.status == "could_not_run" or (self.status == "nothing_to_check" and not self.may_be_empty)


class TableContent(BaseModel):
    """The content of one table or view when the door looked at it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hash: str
    rows: int


class Receipt(BaseModel):
    """One door's receipt for one build."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    door: DoorName
    build_id: str
    selection_hash: str
    passed: bool
    rules: tuple[RuleStatus, ...]
    tables: dict[str, TableContent]
    door_2_sha256: str | None = None

    @property
    def sha256(self) -> str:
        """Hash of everything the receipt says."""
        return hashlib.sha256(json.dumps(self.model_dump(), sort_keys=True).encode()).hexdigest()


def receipt_path(home: Home, build_id: str, door: DoorName) -> Path:
    """Where a build's receipt of a door stands."""
    return home.build_folder(build_id) / f"{door}.json"


def write_receipt(home: Home, receipt: Receipt) -> Path:
    """Write a receipt, passed or not, with its own hash beside its content."""
    path = receipt_path(home, receipt.build_id, receipt.door)
    content = {**receipt.model_dump(), "sha256": receipt.sha256}
    write_atomically(path, json.dumps(content, indent=2, sort_keys=True) + "\n")
    return path


def read_receipt(home: Home, build_id: str, door: DoorName) -> Receipt | None:
    """Read a receipt back; None when the door left none.

    Raises:
        ReceiptRefused: it cannot be read, or its content does not fit its hash.
    """
    path = receipt_path(home, build_id, door)
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        told = content.pop("sha256")
        receipt = Receipt.model_validate(content)
    except (ValueError, KeyError, AttributeError, ValidationError):
        raise ReceiptRefused(f"{spoken(door)}'s receipt cannot be read ({path.name})") from None
    if told != receipt.sha256:
        raise ReceiptRefused(f"{spoken(door)}'s receipt was changed after the door wrote it ({path.name})")
    return receipt
