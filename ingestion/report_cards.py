"""A night's report cards: which are made, where they go, and what became of sending them.

Belongs here: following the ledger from where the last cards stopped, and the order of writing, copying and sending.
Does not belong here: what stands on a card (``report_card.py``), where it lies (``report_card_shelf.py``), or how it is
sent (``report_card_mail.py``).

Every delivery gets a card, once. A sender gets a card of the night when what it says has changed, or when something of
the sender's came: on a quiet night the last card stays the latest. A night that is killed before its cards are written
leaves them to the next.
"""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.expected_extracts import Expectation, default_needs, expect
from ingestion.home import Home
from ingestion.ledger import Ledger, utc_now
from ingestion.report_card import CardMaker, waiver_lines
from ingestion.report_card_facts import Facts
from ingestion.report_card_mail import MailOutcome, send_cards
from ingestion.report_card_rules import RuleText
from ingestion.report_card_shelf import (
    copy_to_outbox,
    latest_card,
    nights_of,
    page_of,
    read_copied,
    read_progress,
    senders_with_cards,
    write_card,
    write_copied,
    write_progress,
)
from reporting.report_card.card import ReportCard
from reporting.report_card.page import render_page
from reporting.report_card.tables import render_csv

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.inbox_pass import FileOutcome

FORMS: dict[str, Callable[[ReportCard], str]] = {"html": render_page, "csv": render_csv}


@dataclass(frozen=True)
class CardsMade:
    """What became of a night's cards.

    Attributes:
        written: the pages of senders' cards that were written now.
        n_deliveries: cards of single deliveries that were written now.
        mail: what became of sending.
        n_not_copied: senders whose latest card did not get to the outbox; it is tried again the next night.
        why_not_copied: why, for the last of them.
    """

    written: tuple[Path, ...]
    n_deliveries: int
    mail: MailOutcome
    n_not_copied: int = 0
    why_not_copied: str = ""


def make_report_cards(
    home: Home,
    ledger: Ledger,
    collaborative: Collaborative,
    files: Sequence[FileOutcome],
    rules: Mapping[str, RuleText],
) -> CardsMade:
    """Write the cards that have something new to say, copy them to the outbox, and send what was not sent.

    Args:
        home: the home; the caller holds its lock.
        ledger: the ledger, with tonight's admissions.
        collaborative: roster, expectations, contacts.
        files: what became of each file tonight.
        rules: the rules' words by id.
    """
    strangers = _of_strangers(collaborative, files)
    before, now = read_progress(home), _progress(ledger, collaborative, strangers)
    written, new = [], []
    if before != now:
        maker = CardMaker(collaborative, Facts(ledger), rules, utc_now())
        new = [row for row in maker.facts.deliveries.values() if row["seq"] > int(before.get("deliveries", 0))]
        for row in new:
            write_card(home, maker.card_of_delivery(row["delivery_id"]), FORMS)
        written = _write_nights(home, maker, {row["sender"] for row in new}, files, strangers)
        os.sync()
        write_progress(home, now)
    latest = {sender: page_of(home, sender, nights_of(home, sender)[-1]) for sender in senders_with_cards(home)}
    not_copied, why = _copy(home, outbox_of(home, collaborative), latest)
    return CardsMade(tuple(written), len(new), send_cards(ledger, collaborative, latest), not_copied, why)


def outbox_of(home: Home, collaborative: Collaborative) -> Path:
    """Where senders find their cards: the folder that the collaborative names, else the home's own."""
    named = collaborative.report_cards.outbox
    return collaborative.folder / Path(named).expanduser() if named else home.path / "outbox"


def _copy(home: Home, outbox: Path, latest: Mapping[str, Path]) -> tuple[int, str]:
    """Copy each sender's latest card that was not copied yet; how many could not be, and why."""
    copied, n_failed, why = read_copied(home), 0, ""
    if outbox == home.path / "outbox" and outbox.is_dir():
        outbox.chmod(0o700)
    waiting = {sender: page for sender, page in latest.items() if copied.get(sender) != page.stem}
    for sender, page in waiting.items():
        try:
            copy_to_outbox(page, outbox, sender)
            copied[sender] = page.stem
        except OSError as error:
            n_failed, why = n_failed + 1, error.strerror or type(error).__name__
    if waiting:
        write_copied(home, copied)
    return n_failed, why


def _write_nights(
    home: Home,
    maker: CardMaker,
    senders_of_new: set[str],
    files: Sequence[FileOutcome],
    strangers: dict[str, list[FileOutcome]],
) -> list[Path]:
    """The cards of senders of whom something came, and of those of whom something else is true than before."""
    expected: dict[str, list[Expectation]] = defaultdict(list)
    for one in expect(maker.collaborative, list(maker.facts.deliveries.values())):
        expected[one.sender].append(one)
    tonight: dict[str, list[FileOutcome]] = defaultdict(list)
    for outcome in files:
        if outcome.outcome in ("landed", "quarantined") and outcome.sender:
            tonight[outcome.sender].append(outcome)
    written = []
    for sender in sorted({*expected, *maker.facts.newest, *strangers, *senders_with_cards(home)}):
        card = maker.card_of_night(sender, expected[sender], [*tonight[sender], *strangers.get(sender, ())])
        before = latest_card(home, sender)
        if sender in senders_of_new or before is None or before.card_hash != card.card_hash:
            written.append(write_card(home, card, FORMS))
    return written


def _of_strangers(collaborative: Collaborative, files: Sequence[FileOutcome]) -> dict[str, list[FileOutcome]]:
    """Files that could not be taken, by the district in whose folder they lie."""
    found: dict[str, list[FileOutcome]] = defaultdict(list)
    for file in files:
        if file.outcome in ("no_mapping", "unreadable", "refused"):
            folders = file.relative_path.split("/")[:-1]
            for sender in (each for each in folders if collaborative.district(each)):
                found[sender].append(file)
    return dict(found)


def _progress(
    ledger: Ledger, collaborative: Collaborative, strangers: Mapping[str, Sequence[FileOutcome]]
) -> dict[str, int | str]:
    """How far the ledger has come, and all else of a card: what is expected, waived, in two districts, not taken."""
    needs = sorted(default_needs().items())
    expected = repr((collaborative.expected_extracts, collaborative.districts, collaborative.schools, needs))
    not_taken = [
        (sender, file.relative_path, file.outcome, file.message)
        for sender, files in sorted(strangers.items())
        for file in files
    ]
    in_two = sorted(
        (district_id, rule_id, row["school_year"] or 0, row["n_failed"])
        for (district_id, rule_id), rows in Facts(ledger).in_two_districts.items()
        for row in rows
    )
    waived = [waiver_lines(collaborative, each) for each in sorted({one.district for one in collaborative.waivers})]
    return {
        "deliveries": ledger.next_delivery_seq() - 1,
        "admissions": ledger.next_admission_seq() - 1,
        "expected": hashlib.sha256(expected.encode()).hexdigest()[:20],
        "not_taken": hashlib.sha256(repr(not_taken).encode()).hexdigest()[:20],
        "waivers": hashlib.sha256(repr(waived).encode()).hexdigest()[:20],
        "in_two_districts": hashlib.sha256(repr(in_two).encode()).hexdigest()[:20],
    }
