"""What door 2 takes out of the build although it was released, and when that is judged again.

Belongs here: admission rows for what fails a rule now and has nothing before it to fall back to. Does not belong here:
holding what is new (``admission.hold``), or which districts are at fault (``expectations.doors``).
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from ingestion.admission import admit_in_order, append, decide
from ingestion.candidates import AT_DOOR_2, LEFT_OUT
from ingestion.home import Home
from ingestion.ledger import Ledger, Row
from ingestion.ledger_tables import build
from ingestion.selection import eligible_deliveries, held_by

Place = tuple[str | None, int | None]
"""A domain and a school year; None for each of them."""


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

    All that is held so of a slot comes back in the order in which it was admitted, so that the same delivery serves.
    """
    if not _is_judged_otherwise(ledger, code_hash, config_hash):
        return []
    why = "held at door 2 under other rules or another configuration: judged again"
    again = admit_in_order(ledger, [(row, why) for row in held_by(ledger, AT_DOOR_2)])
    return append(home, ledger, again, "new_rules")


def _is_judged_otherwise(ledger: Ledger, code_hash: str, config_hash: str) -> bool:
    refused = ledger.read(
        sa.select(build.c.code_hash, build.c.config_hash)
        .where(build.c.refused_at_door == 2)
        .order_by(build.c.created_at.desc())
        .limit(1)
    )
    return bool(refused) and refused[0] != {"code_hash": code_hash, "config_hash": config_hash}
