"""What is held and what is refused now, whichever night decided it.

Belongs here: reading the ledger's last decisions and the current release. Does not belong here: what the last night
did (``status.py``) or the rule by which a decision counts (``ingestion.selection``).
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import sqlalchemy as sa

from ingestion.delivery_status import refused_whole
from ingestion.home import ALL_DISTRICTS, Home
from ingestion.ledger import Ledger, Row, open_ledger
from ingestion.ledger_database import ledger_exists
from ingestion.ledger_tables import admission
from ingestion.selection import eligible_deliveries, last_held
from reporting.held import HeldLine

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative

Key = tuple[str, str, int]

DECIDED_SINCE = "held in this release; what was decided since is built by the next refresh"


@dataclass(frozen=True)
class InForce:
    """What keeps newer data out.

    Attributes:
        held: districts' domains that keep their last admitted figures, sorted.
        refused: files refused as a whole that nothing newer has replaced, by their path below the inbox, or by their
            name when the inbox has them no more.
        off_roster: districts whose admitted figures are left out, as the roster no longer has them, sorted.
    """

    held: tuple[HeldLine, ...] = ()
    refused: tuple[str, ...] = ()
    off_roster: tuple[str, ...] = ()


def find_in_force(home: Home, collaborative: Collaborative) -> InForce:
    """Ask the ledger, and the release for what it still shows as held."""
    if not ledger_exists(home):
        return InForce()
    with closing(open_ledger(home)) as ledger:
        held = _held(ledger, collaborative)
        refused = _refused(ledger)
        off_roster = _off_roster(ledger, collaborative)
    for key, rule in _held_in_release(home).items():
        held.setdefault(key, HeldLine(*key, rule, "", DECIDED_SINCE))
    return InForce(tuple(held[key] for key in sorted(held)), tuple(refused), off_roster)


def _held(ledger: Ledger, collaborative: Collaborative) -> dict[Key, HeldLine]:
    found: dict[Key, HeldLine] = {}
    for row in last_held(ledger):
        key = (row["district_id"], row["domain"], row["school_year"])
        found.setdefault(key, HeldLine(*key, row["rule_id"] or "", row["decided_at"][:10], row["reason"] or ""))
    for row in refused_whole(ledger, collaborative):
        key = (row["sender"], row["domain"], row["school_year"])
        reason = f"{row['file_name']} was refused as a whole"
        found.setdefault(key, HeldLine(*key, row["rule_id"] or "", row["received_at"][:10], reason))
    return found


def _refused(ledger: Ledger) -> list[str]:
    """Quarantined deliveries with no newer one of the same slot or the same name, oldest first."""
    last: dict[tuple[object, ...], int] = {}
    rows = ledger.deliveries()
    for row in rows:
        last.update((key, row["seq"]) for key in _replaced_by(row))
    paths = {row["delivery_id"]: row["path"] for row in ledger.inbox_files().values()}
    return [
        paths.get(row["delivery_id"], row["file_name"])
        for row in rows
        if row["state"] == "quarantined" and all(last[key] == row["seq"] for key in _replaced_by(row))
    ]


def _off_roster(ledger: Ledger, collaborative: Collaborative) -> tuple[str, ...]:
    """Districts that would serve if the roster still had them."""
    known = {row["district_id"] for row in ledger.read(sa.select(admission.c.district_id).distinct())}
    others = known - collaborative.district_ids - {ALL_DISTRICTS}
    serving = {row["district_id"] for row in eligible_deliveries(ledger, districts=others) if row["is_current"]}
    return tuple(sorted(serving))


def _replaced_by(row: Row) -> list[tuple[object, ...]]:
    """What a newer delivery has in common with one that it replaces."""
    whose = (row["sender"], row["extract"])
    keys: list[tuple[object, ...]] = [(*whose, "named", row["file_name"])]
    if row["school_year"] is not None:
        keys.append((*whose, "of", row["school_year"]))
    return keys


def _held_in_release(home: Home) -> dict[Key, str]:
    path = home.current_release / "collaborative.duckdb"
    if not path.exists():
        return {}
    with duckdb.connect(str(path.resolve()), read_only=True) as connection:
        sql = "select district_id, domain, school_year, coalesce(held_rule, '') from dim_delivery_status where is_held"
        return {
            (district_id, domain, year): rule for district_id, domain, year, rule in connection.execute(sql).fetchall()
        }
