"""Deliveries and their admission by hand: which serve, letting an earlier one serve again, taking one back.

Belongs here: listing deliveries and recording a person's decision. Does not belong here: what a decision means
(``ingestion.admission``, ``ingestion.selection``) or building on it, which the next refresh does.
"""

from __future__ import annotations

import getpass
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text

from ingestion.admission import admit_by_hand, revoke
from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.ledger import Ledger, Row, open_ledger
from ingestion.report_card_facts import Facts
from ingestion.selection import eligible_deliveries
from reporting.plain_text import clean
from schoolstat.districts import expand_districts
from schoolstat.errors import UnknownDelivery
from schoolstat.releases import Shown

FACTS = ("delivery_id", "sender", "file_name", "extract", "school_year", "vintage", "state", "received_at")
COUNTS = ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate")


def list_deliveries(home: Home) -> Shown:
    """All deliveries, the newest first, each with how many of its slots it serves.

    A correction says what it changes: rows added (+), changed (~) and removed (-).
    """
    with closing(open_ledger(home)) as ledger:
        serving = _serving(ledger)
        differences = Facts(ledger).differences
        records = [_record(ledger, row, serving) for row in reversed(ledger.deliveries())]
        for record in records:
            one = differences.get(record["delivery_id"])
            record["difference"] = asdict(one) if one else None
    table = Table(box=box.SIMPLE, pad_edge=False, row_styles=["", "dim"])
    table.add_column("delivery", no_wrap=True, min_width=20)
    for heading in ("sender", "file", "serves"):
        table.add_column(heading, overflow="fold")
    for record in records:
        table.add_row(*map(Text, _cells(record)))
    return Shown({"deliveries": records}, table if records else Text("nothing has been delivered yet"))


def admit(home: Home, collaborative_folder: Path, delivery_id: str, reason: str, districts: tuple[str, ...]) -> Shown:
    """Let a delivery serve its slots, as a rollback to an older one or in spite of a door.

    Raises:
        UnknownDelivery: it is not in the ledger, or filled no such slot.
    """
    return _decide(admit_by_hand, home, collaborative_folder, delivery_id, reason, districts)


def take_back(
    home: Home, collaborative_folder: Path, delivery_id: str, reason: str, districts: tuple[str, ...]
) -> Shown:
    """Take a delivery's admission back: each slot falls back to the delivery admitted before it, or empties.

    Raises:
        UnknownDelivery: it is not in the ledger, or filled no such slot.
    """
    return _decide(revoke, home, collaborative_folder, delivery_id, reason, districts)


def _decide(
    decide: Callable[..., list[Row]],
    home: Home,
    collaborative_folder: Path,
    delivery_id: str,
    reason: str,
    districts: tuple[str, ...],
) -> Shown:
    wanted = expand_districts(load_collaborative(collaborative_folder), districts) if districts else None
    with home.lock(), closing(open_ledger(home)) as ledger:
        delivery_id = _find(ledger, delivery_id)
        _check(ledger, delivery_id, wanted)
        rows = decide(home, ledger, delivery_id, reason, getpass.getuser(), wanted)
        serving = _serving(ledger)
    decision = rows[0]["decision"]
    record = {"delivery_id": delivery_id, "decision": decision, "slots": len(rows), "serves": serving[delivery_id]}
    words = f"{decision} in {len(rows):,} slots; now it serves {serving[delivery_id]:,}. The next refresh builds on it."
    return Shown(record, Text(words))


def _check(ledger: Ledger, delivery_id: str, districts: list[str] | None) -> None:
    """Refuse what cannot be decided on, in words that say what to do."""
    known = ledger.delivery(delivery_id)
    if known is None:
        raise UnknownDelivery(f"{delivery_id}: no such delivery; 'schoolstat deliveries list' shows those there are")
    slots = [slot for slot in ledger.slots(delivery_id) if districts is None or slot["district_id"] in districts]
    if not slots:
        why = "was refused as a whole" if known["state"] == "quarantined" else "has no rows of these districts"
        raise UnknownDelivery(f"{delivery_id}: {known['file_name']} {why}; there is nothing to decide")


def _serving(ledger: Ledger) -> Counter[str]:
    """How many slots each delivery serves."""
    return Counter(row["delivery_id"] for row in eligible_deliveries(ledger) if row["is_current"])


def _record(ledger: Ledger, delivery: Row, serving: Counter[str]) -> dict[str, Any]:
    delivery_id = delivery["delivery_id"]
    counts = {"slots": len(ledger.slots(delivery_id)), "serves": serving[delivery_id]}
    return {name: delivery[name] for name in (*FACTS, *COUNTS)} | counts


def _cells(record: dict[str, Any]) -> tuple[str, ...]:
    """Two lines for each delivery, so that 80 columns show its id whole."""
    year = str(record["school_year"] or "several years")
    serves = f"{record['serves']:,} of {record['slots']:,} slots" if record["slots"] else record["state"]
    rows = f"{record['rows_landed']:,} rows, {record['rows_rejected']:,} refused"
    one = record["difference"]
    changed = "+{rows_added:,} ~{rows_changed:,} -{rows_removed:,}".format(**one) if one else ""
    return (
        f"{record['delivery_id']}\n{changed}",
        f"{record['sender']}\n{year}",
        f"{clean(record['file_name'])}\n{record['extract']}",
        f"{serves}\n{rows}",
    )


def _find(ledger: Ledger, given: str) -> str:
    """The one delivery whose id begins like this.

    Raises:
        UnknownDelivery: there is none, or there are several.
    """
    fitting = [row for row in ledger.deliveries() if given and row["delivery_id"].startswith(given)]
    if len(fitting) == 1:
        return fitting[0]["delivery_id"]
    if not fitting:
        raise UnknownDelivery(f"{given}: no such delivery (schoolstat deliveries list)")
    named = ", ".join(f"{row['delivery_id']} ({clean(row['file_name'])})" for row in fitting)
    raise UnknownDelivery(f"{given}: several deliveries begin like this: {named}")
