"""Rebuilding the ledger from what landing says of itself.

Does not belong here: what a sidecar holds (``ingestion.sidecars``).
"""

from __future__ import annotations

from ingestion.home import Home
from ingestion.sidecars import rebuild_ledger


def rebuild_from_sidecars(home: Home) -> str:
    """Write a fresh ledger; the one before is kept beside it.

    Returns:
        What was found, in one sentence.
    """
    with home.lock():
        ledger = rebuild_ledger(home)
    return f"the ledger holds {len(ledger.deliveries()):,} deliveries and {len(ledger.admissions()):,} admission rows"
