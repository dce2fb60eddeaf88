"""Report cards at a terminal: the latest, one of an earlier night, everybody's grade, and of files not sent yet.

Belongs here: finding a card and showing it. Does not belong here: what stands on one (``ingestion.report_card``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich import box
from rich.console import Group
from rich.table import Table

from ingestion.expected_extracts import expect
from ingestion.home import Home, HomeError
from ingestion.ledger import Row, open_ledger, utc_now
from ingestion.ledger_database import ledger_exists
from ingestion.report_card import CardMaker
from ingestion.report_card_check import card_of_check
from ingestion.report_card_facts import Facts, Key
from ingestion.report_card_shelf import nights_of, page_of, read_card, senders_with_cards
from reporting.plain_text import list_some, show, show_whole
from reporting.report_card.terminal import STYLES, build_renderable
from schoolstat.releases import Shown

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.findings import Reading
    from reporting.report_card.card import ExpectedLine, ReportCard

NAMED = 5
Expected = dict[str, list["ExpectedLine"]]
Last = dict[str, dict[Key, Row]]


def show_card(home: Home, sender: str, night: str = "") -> Shown:
    """A sender's card of a night, the latest when none is named.

    Args:
        home: state folder.
        sender: a district, or who sends for many.
        night: the night's name or its beginning, as in ``20261122T101500-000123Z`` or ``2026-11-22``.

    Raises:
        HomeError: there is no such card; the message says which there are.
    """
    senders = senders_with_cards(home)
    nights = nights_of(home, sender) if sender in senders else []
    wanted = night.replace("-", "").replace(":", "")
    fitting = [each for each in nights if each.replace("-", "").startswith(wanted)]
    if not fitting:
        known = f"it has {list_some(nights[::-1], NAMED)}" if nights else f"{list_some(senders, NAMED) or 'nobody'} has"
        raise HomeError(f"{sender}: no report card{f' of the night {night}' if night else ''}; {known}")
    page = page_of(home, sender, fitting[-1])
    card = read_card(page)
    if card is None:
        raise HomeError(f"{page}: another version of SchoolStat wrote this card; open the page itself")
    content = {**asdict(card), "card_hash": card.card_hash, "page": str(page)}
    return Shown(content, Group(build_renderable(card), show("page:", "bold"), show_whole(f"  {page}")))


def list_cards(home: Home) -> Shown:
    """Everybody's latest card: the grade, what it follows from, and where the page is."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in ("sender", "grade", "night", "why"):
        table.add_column(heading, overflow="fold")
    records = []
    for sender in senders_with_cards(home):
        page = page_of(home, sender, nights_of(home, sender)[-1])
        card = read_card(page)
        grade, style = (card.grade, STYLES[card.grade]) if card else ("?", "")
        made_at = card.made_at if card else page.stem
        why = "; ".join(card.why) if card else "another version of SchoolStat wrote this card"
        records.append({"sender": sender, "grade": grade, "made_at": made_at, "why": why, "page": str(page)})
        table.add_row(show(sender), show(grade, style), show(made_at[:16]), show(why))
    return Shown({"report_cards": records}, table if records else show("no night has made a report card yet"))


def cards_of_checked(home: Home, collaborative: Collaborative, readings: Sequence[Reading]) -> list[ReportCard]:
    """The card of each sender whose files were checked; what else is expected is known once a night has run."""
    by_sender: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        by_sender[reading.sender].append(reading)
    (expected, last), now = _known(home, collaborative, by_sender), utc_now()
    return [
        card_of_check(collaborative, sender, own, now, expected.get(sender, ()), last.get(sender))
        for sender, own in by_sender.items()
    ]


def _known(home: Home, collaborative: Collaborative, senders: Iterable[str]) -> tuple[Expected, Last]:
    """What is expected by what the home knows, and what came last; nothing, where it serves another collaborative."""
    served = home.served()
    if served is None or served[0] != collaborative.id or not ledger_exists(home):
        return {}, {}
    with closing(open_ledger(home)) as ledger:
        maker = CardMaker(collaborative, Facts(ledger), {}, "")
        expectations = expect(collaborative, list(maker.facts.deliveries.values()))
        lines = {
            sender: maker.expected_lines(sender, [one for one in expectations if one.sender == sender])
            for sender in senders
        }
        last: Last = {sender: {} for sender in lines}
        for row in maker.facts.deliveries.values():
            if row["sender"] in last and row["state"] != "quarantined":
                last[row["sender"]][row["extract"], row["school_year"]] = row
        return lines, last
