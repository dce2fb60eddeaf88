"""How a command says what it found: for people in the terminal, for machines as one JSON object.

Belongs here: what all commands do alike. Does not belong here: the words of a report (``reporting``).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from rich.console import Console, RenderableType

from ingestion.home import Home, HomeError
from ingestion.settings import resolve_home


def existing_home() -> Home:
    """The home, for commands that only make sense in one that a night has run in; none is created.

    Raises:
        HomeError: there is none.
    """
    from ingestion.ledger_database import ledger_exists

    home = resolve_home()
    if not (home.served() or ledger_exists(home)):
        raise HomeError(f"no home at {home.path}; set SCHOOLSTAT_HOME or run refresh")
    return home


def show(to_dict: Callable[[], object], render: Callable[[], RenderableType], *, as_json: bool) -> None:
    """Print the one or the other; only what is printed is built."""
    if as_json:
        write_json(to_dict())
    else:
        Console().print(render(), crop=False)


def write_json(content: object) -> None:
    """Print one JSON object on a line of its own."""
    sys.stdout.write(json.dumps(content, default=str, ensure_ascii=False) + "\n")
