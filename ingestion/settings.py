"""Which home, which collaborative, which inbox: resolved in one place for the CLI and for Dagster.

Belongs here: the environment variables and their defaults. Does not belong here: reading what the folders hold.
"""

from __future__ import annotations

import os
from pathlib import Path

from ingestion.home import Home

REPOSITORY = Path(__file__).resolve().parent.parent
"""The checkout: SchoolStat is an application that runs from one, never an uploaded package."""


def resolve_home(path: Path | str | None = None) -> Home:
    """The home given, else ``SCHOOLSTAT_HOME``, else ``.schoolstat/`` in the current folder."""
    return Home(Path(path or os.environ.get("SCHOOLSTAT_HOME") or ".schoolstat").expanduser().resolve())


def resolve_collaborative(home: Home, path: Path | str | None = None) -> Path:
    """The folder given, else ``SCHOOLSTAT_COLLABORATIVE``, else the one that the home serves, else the demo."""
    given = path or os.environ.get("SCHOOLSTAT_COLLABORATIVE")
    if given:
        return Path(given).expanduser().resolve()
    served = home.served()
    return served[1] if served else REPOSITORY / "collaboratives" / "demo"


def resolve_inbox(home: Home, path: Path | str | None = None) -> Path:
    """The inbox given, else ``SCHOOLSTAT_INBOX``, else the last night's, else ``inbox/`` in the home."""
    given = path or os.environ.get("SCHOOLSTAT_INBOX") or home.recorded_inbox()
    return Path(given).expanduser().resolve() if given else home.path / "inbox"
