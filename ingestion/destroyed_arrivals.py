"""Files that a source brought and that were destroyed here: they are not taken again from where they still lie.

Does not belong here: destroying (``arrivals_to_destroy.py``), or fetching (``sources``).
"""

from __future__ import annotations

import json

from ingestion.home import Home

Arrival = tuple[str, str]
"""A file's path below the home (``incoming/…``) and the hash of its bytes."""


def destroyed_arrivals(home: Home) -> frozenset[Arrival]:
    """What plans and certificates of destruction name, from the moment that a plan is kept."""
    texts = (path.read_text(encoding="utf-8") for path in home.certificates.glob("*/*.json"))
    named = (arrival for text in texts for arrival in json.loads(text).get("arrivals", ()))
    return frozenset((one["arrived_as"], one["sha256"]) for one in named if one.get("arrived_as"))
