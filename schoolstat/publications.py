"""Publications for people: listing them, and making one that the calendar does not name.

Does not belong here: what a publication is (``publishing.freezing``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich import box
from rich.table import Table
from rich.text import Text

from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.published_figures import FrozenPublication, list_publications
from publishing.freezing import Occasion, make_publication
from reporting.plain_text import count
from schoolstat.configured import load_whole
from schoolstat.releases import Shown

HEADINGS = ("publication", "date", "school years", "figures", "hidden", "kept", "withheld")


def list_all(home: Home) -> Shown:
    """All publications, the newest first, with what their proof counted."""
    records = [_record(each) for each in reversed(list_publications(home))]
    table = Table(*HEADINGS, box=box.SIMPLE, pad_edge=False)
    for record in records:
        table.add_row(*(Text(cell) for cell in _cells(record)))
    return Shown({"publications": records}, table if records else Text("nothing computed has been published yet"))


def make(home: Home, collaborative_folder: Path, school_years: tuple[int, ...], reason: str) -> Shown:
    """Publish the current release's computed figures of some school years today; the next night serves them."""
    collaborative = load_whole(collaborative_folder)
    today = datetime.now(ZoneInfo(collaborative.time_zone)).date()
    with home.lock():
        occasion = Occasion(today, school_years, "hand", reason)
        made = make_publication(home, open_ledger(home), collaborative, occasion)
    record = _record(made)
    words = f"publication {made.publication_id} made of build {record['build_id']}; the next night serves it"
    return Shown(record, Text(words + describe_withheld(made.withheld)))


def describe_withheld(withheld: Mapping[Any, Mapping[str, int]]) -> str:
    """Which metrics show nothing new, and of how many figures; nothing where there is none."""
    words = [f"{year} {metric} ({count(n, 'figure')})" for year, each in withheld.items() for metric, n in each.items()]
    return f"; withheld, as hiding more could not protect them: {', '.join(words)}" if words else ""


def _record(each: FrozenPublication) -> dict[str, Any]:
    return each.certificate


def _cells(record: dict[str, Any]) -> tuple[str, ...]:
    years = ", ".join(map(str, record["school_years"]))
    sums = (f"{sum(int(year.get(name, 0)) for year in record['proof'].values()):,}" for name in HEADINGS[3:-1])
    withheld = sum(sum(year.get("withheld", {}).values()) for year in record["proof"].values())
    return (record["publication_id"], record["publish_on"], years, *sums, f"{withheld:,}")
