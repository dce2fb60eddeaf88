"""Which of two publications of the same figures is the newer one.

Belongs here: the name of a publication that its sender did not name, and the order of publications. Does not belong
here: which of them serves (``selection.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def name_undeclared(file_sha256: str) -> str:
    """Vintage of a file whose sender names none: the same bytes are the same publication."""
    return file_sha256[:12]


def in_order(deliveries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Deliveries of one slot, the oldest publication first (:func:`is_older` says how)."""
    rows = list(deliveries)
    if len(rows) == 1:
        return rows
    by_arrival = not all(_is_declared(row) for row in rows)
    return sorted(rows, key=lambda row: ("" if by_arrival else row["vintage"], row["delivery_seq"]))


def is_older(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether ``one`` is an older publication than ``other``.

    Vintages that both senders declared are compared as text (``A`` before ``B``, ``2021-06`` before ``2021-11``); where
    one declared none, what arrived first is older.

    Args:
        one: a delivery's ``delivery_id``, ``vintage``, ``file_sha256`` and ``delivery_seq``.
        other: another one's.
    """
    if one["vintage"] == other["vintage"]:
        return False
    return in_order([dict(one), dict(other)])[0]["delivery_id"] == one["delivery_id"]


def _is_declared(row: Mapping[str, Any]) -> bool:
    return row["vintage"] != name_undeclared(row["file_sha256"])
