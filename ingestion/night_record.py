"""The record of the last night: what each step found, for the summary, the UI and ``schoolstat status``.

Belongs here: writing and reading one small JSON file, which holds no value of any record. Does not belong here: the
truth of anything (that is the ledger's and the receipts'), or the words for people (``reporting.night_summary``).
"""

from __future__ import annotations

import json
from typing import Any

from ingestion.home import Home, write_atomically


def start_night(home: Home, **sections: Any) -> None:
    """Begin the record anew with these sections."""
    _write(home, sections)


def record_night(home: Home, **sections: Any) -> None:
    """Add sections to the record."""
    _write(home, {**read_night(home), **sections})


def read_night(home: Home) -> dict[str, Any]:
    """The last night's sections; empty before the first night."""
    path = home.work / "night.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _write(home: Home, content: dict[str, Any]) -> None:
    write_atomically(home.work / "night.json", json.dumps(content, default=str) + "\n")
