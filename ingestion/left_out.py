"""What door 2 takes out of the build although it was released, and when that is judged again.

Belongs here: admission rows for what fails a rule now and has nothing before it to fall back to. Does not belong here:
holding what is new (``admission.hold``), or which districts are at fault (``expectations.doors``).
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from ingestion.admission import append, decide
from ingestion.candidates import LEFT_OUT, slot_of
from ingestion.home import Home
from ingestion.ledger import Ledger, Row
from ingestion.ledger_tables import admission, build
from ingestion.selection import eligible_deliveries, last_held

Place = tuple[str | None, int | None]
"""A domain and a school year; None for each of them."""
AT_DOOR_2 = ("door_2", LEFT_OUT)


def leave_out(
    home: Home, ledger: Ledger, district_id: str, places: Collection[Place], rule_id: str, reason: str
) -> list[Row]:
    """Let nothing serve a district in some of its domains and years; gives the rows written.

    Every delivery of such a slot is held, the one that serves last: the slot is empty, not served by an older one that
    nobody has asked for.
    """
    serving = sorted(eligible_deliveries(ledger, districts={district_id}), key=lambda row: row["seq"])
    out = [
        row
        for row in serving
        if any(domain in (None, row["domain"]) and year in (None, row["school_year"]) for domain, year in places)
    ]
    return append(home, ledger, [decide(row, "held", rule_id, reason) for row in out], LEFT_OUT)


def reopen_judged_otherwise(home: Home, ledger: Ledger, code_hash: str, config_hash: str) -> list[Row]:
    """Let come up again what door 2 holds, where rules, thresholds or models are others than when it last refused.

    All of a slot that was held together comes back in its order, so that the same delivery serves.
    """
    if not _is_judged_otherwise(ledger, code_hash, config_hash):
        return []
    held = {(row["batch_id"], *slot_of(row)) for row in last_held(ledger) if row["decided_by"] in AT_DOOR_2}
    if not held:
        return []
    batches = sa.select(admission).where(admission.c.batch_id.in_({batch for batch, *_ in held}))
    rows = ledger.read(batches.where(admission.c.decision == "held").order_by(admission.c.seq))
    again = [row for row in rows if (row["batch_id"], *slot_of(row)) in held]
    why = "held at door 2 under other rules or another configuration: judged again"
    return append(home, ledger, [decide(row, "admitted", None, why) for row in again], "new_rules")


def _is_judged_otherwise(ledger: Ledger, code_hash: str, config_hash: str) -> bool:
    refused = ledger.read(
        sa.select(build.c.code_hash, build.c.config_hash)
        .where(build.c.refused_at_door == 2)
        .order_by(build.c.created_at.desc())
        .limit(1)
    )
    return bool(refused) and refused[0] != {"code_hash": code_hash, "config_hash": config_hash}
