"""What a step of the night works on.

Belongs here: the opened home with its ledger, inbox and configuration. Does not belong here: what a step does with
them (``intake``, ``steps``), and how Dagster opens them (``resources``).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ingestion.configuration import Collaborative
from ingestion.home import Home
from ingestion.ledger import Ledger


@dataclass(frozen=True)
class Warehouse:
    """An opened home: its folders, the collaborative's configuration, the ledger and the inbox."""

    home: Home
    collaborative: Collaborative
    ledger: Ledger
    inbox: Path
