"""Rebuilding the ledger from what landing says of itself.

Does not belong here: what a sidecar holds (``ingestion.sidecars``).
"""

from __future__ import annotations

from rich.text import Text

from ingestion.home import Home
from ingestion.sidecars import rebuild_ledger
from schoolstat.releases import Shown


def rebuild_from_sidecars(home: Home) -> Shown:
    """Write a fresh ledger; the one before is kept beside it.

    Returns:
        How much was found.
    """
    with home.lock():
        ledger = rebuild_ledger(home)
    found = {"deliveries": len(ledger.deliveries()), "admission_rows": len(ledger.admissions())}
    words = f"the ledger holds {found['deliveries']:,} deliveries and {found['admission_rows']:,} admission rows"
    return Shown(found, Text(words))
