"""The quality page at a terminal: what stands against whom, and where the page lies.

Does not belong here: what stands on the page (``expectations.quality_page``).
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from rich import box
from rich.console import Group
from rich.table import Table

from expectations.quality_page import gather_now, page_path
from ingestion.home import Home
from ingestion.ledger import open_ledger
from reporting.plain_text import show, show_whole
from reporting.quality_page.page import WORDS, about
from schoolstat.configured import load_whole
from schoolstat.releases import Shown

LISTED = 40


def show_quality(home: Home, collaborative_folder: Path) -> Shown:
    """What the last nights found and is not gone, the worst first."""
    with closing(open_ledger(home)) as ledger:
        page = gather_now(home, ledger, load_whole(collaborative_folder))
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("rule", "door", "what", "where", "message"):
        table.add_column(heading, overflow="fold")
    for one in page.findings[:LISTED]:
        table.add_row(*(show(text) for text in (one.rule_id, one.door, WORDS[one.what], about(one), one.message)))
    more = len(page.findings) - LISTED + page.n_findings_left_out
    lines = [table if page.findings else show("every rule passed where it last looked")]
    lines += [show(f"and {more:,} more")] if more > 0 else []
    lines += [show(f"held: {line.district_id} {line.domain} {line.school_year} ({line.rule_id})") for line in page.held]
    lines += [show(f"waiver: {words}") for _, words in page.waivers]
    place = page_path(home)
    lines += [show("page:", "bold"), show_whole(f"  {place}")] if place.exists() else []
    return Shown({**asdict(page), "page": str(place) if place.exists() else None}, Group(*lines))
