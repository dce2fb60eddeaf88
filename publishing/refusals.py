"""Why a build may not be released.

Belongs here: everything that publishing demands of a build and its receipts before it writes a byte. Does not
belong here: comparing the finished release with the receipt (``verification``).
"""

from __future__ import annotations

from pathlib import Path

from expectations.receipts import DoorName, Receipt, ReceiptRefused, read_receipt, spoken
from expectations.rules import Registry
from ingestion.home import Home
from ingestion.ledger import Ledger, Row


class ReleaseRefused(Exception):
    """The build may not be released; the current release stays as it is."""


def finished_build(home: Home, build_id: str) -> Path:
    """Where a build's file stands once its doors have passed."""
    return home.build_folder(build_id) / home.build_file.name


def require_releasable(home: Home, ledger: Ledger, build_id: str, registry: Registry) -> tuple[Receipt, Receipt]:
    """The receipts of doors 2 and 3, if they allow the release of exactly this build.

    Raises:
        ReleaseRefused: with the reason.
    """
    build = ledger.build(build_id)
    if build is None:
        raise ReleaseRefused(f"build {build_id} is not in the ledger; refresh first")
    if build["state"] == "refused":
        raise ReleaseRefused(
            f"build {build_id} was refused at door {build['refused_at_door']} and stays refused: {build['reason']} "
            "Correct the data, the mapping or the rule: that makes a new build."
        )
    door_2 = _require(home, build, "door_2", registry)
    door_3 = _require(home, build, "door_3", registry)
    if door_3.door_2_sha256 != door_2.sha256:
        raise ReleaseRefused(f"build {build_id}: door 3 looked at another receipt of door 2 than the one there is now")
    if not finished_build(home, build_id).exists():
        raise ReleaseRefused(f"build {build_id}: its file is not under builds/; refresh again")
    return door_2, door_3


def _require(home: Home, build: Row, door: DoorName, registry: Registry) -> Receipt:
    build_id, name = build["build_id"], spoken(door)
    try:
        receipt = read_receipt(home, build_id, door)
    except ReceiptRefused as reason:
        raise ReleaseRefused(f"build {build_id}: {reason}") from None
    if receipt is None:
        raise ReleaseRefused(f"build {build_id}: {name} left no receipt, so it has not passed")
    if (receipt.door, receipt.build_id) != (door, build_id):
        raise ReleaseRefused(f"build {build_id}: the receipt of {name} is that of build {receipt.build_id}")
    if receipt.selection_hash != build["selection_hash"]:
        raise ReleaseRefused(f"build {build_id}: the receipt of {name} is about another selection of deliveries")
    _require_rules(receipt, registry)
    if not receipt.passed:
        raise ReleaseRefused(f"build {build_id}: {name} did not pass")
    return receipt


def _require_rules(receipt: Receipt, registry: Registry) -> None:
    """Every rule expected today stands in the receipt, and none of those in it blocks."""
    name = spoken(receipt.door)
    ran = {rule.id for rule in receipt.rules}
    missing = [rule.id for rule in registry.expected(int(receipt.door[-1])) if rule.id not in ran]
    if missing:
        raise ReleaseRefused(
            f"build {receipt.build_id}: {', '.join(missing)} did not run at {name}; "
            "a rule that is missing has not passed"
        )
    for word, status in (
        ("failed", "failed"),
        ("could not run", "could_not_run"),
        ("checked nothing", "nothing_to_check"),
    ):
        blocking = [rule.id for rule in receipt.rules if rule.blocks and rule.status == status]
        if blocking:
            raise ReleaseRefused(f"build {receipt.build_id}: {', '.join(blocking)} {word} at {name}")
