"""What a correction changes: rows added, changed and removed, against the delivery that filled the slot before.

Belongs here: comparing the landed rows of two deliveries by the contract's key. Does not belong here: how large a
difference may be (rule Q02), or who serves (``selection.py``).

A delivery is always a full extract of its slots, so a row that is not in it any more was removed. Compared is the
delivery that last filled the slot, whether it was admitted or not; one of another version of the contract is not
comparable. Keys and values are compared by their hashes of 64 bits: in ten million rows one pair in 400,000 nights is
taken for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ingestion.contract import Contract
from ingestion.destroyed_slots import is_destroyed
from ingestion.home import Home
from ingestion.landing_views import select_landed
from ingestion.ledger import Ledger, Row
from ingestion.ledger_tables import delivery, delivery_slot
from ingestion.sql_text import quote

if TYPE_CHECKING:
    import duckdb

    from ingestion.landing import Slot

SlotKey = tuple[str, int]
COUNTS = ("rows_added", "rows_changed", "rows_removed")
MEMORY = "512MB"
"""More goes to the home's work folder."""

DISTRICTS_NAMED = 20
"""Up to so many districts of a file the ledger is asked for their slots alone, which its index finds; else for all."""


def find_differences(
    home: Home, ledger: Ledger, contract: Contract, delivery_id: str, slots: Sequence[Slot]
) -> list[dict[str, Any]]:
    """One row for each slot that an earlier delivery has filled; none for a first one.

    Args:
        home: where the rows of both deliveries lie.
        ledger: which deliveries there were; it does not know the new one yet.
        contract: the contract of the new delivery.
        delivery_id: the new delivery, whose rows have been written.
        slots: what it filled.
    """
    if not slots:
        return []
    earlier = _earlier(ledger, contract, slots)
    known = [slot for slot in slots if (slot.district_id, slot.school_year) in earlier]
    found: dict[SlotKey, dict[str, int]] = {
        (slot.district_id, slot.school_year): dict.fromkeys(COUNTS, 0) for slot in known
    }
    changed = [s for s in known if earlier[s.district_id, s.school_year]["content_hash"] != s.content_hash]
    new = [{"district_id": s.district_id, "school_year": s.school_year, "delivery_id": delivery_id} for s in changed]
    old = [earlier[s.district_id, s.school_year] for s in changed]
    if changed:
        found |= _compare(home, contract, new, old)
    return [
        {
            "delivery_id": delivery_id,
            "district_id": district_id,
            "extract": slots[0].extract,
            "school_year": year,
            "earlier_delivery_id": earlier[district_id, year]["delivery_id"],
            **counts,
        }
        for (district_id, year), counts in found.items()
    ]


def _earlier(ledger: Ledger, contract: Contract, slots: Sequence[Slot]) -> dict[SlotKey, Row]:
    """Of each slot the delivery that last filled it, if it is of the same version of the contract."""
    slot = delivery_slot.c
    names = (slot.delivery_id, slot.district_id, slot.school_year, slot.content_hash, delivery.c.contract_version)
    joined = sa.select(*names).join(delivery, delivery.c.delivery_id == slot.delivery_id)
    asked = joined.where(slot.extract == slots[0].extract, ~is_destroyed()).order_by(delivery.c.seq)
    districts = {each.district_id for each in slots}
    if len(districts) <= DISTRICTS_NAMED:
        asked = asked.where(slot.district_id.in_(districts))
    rows = ledger.read(asked)
    last = {(row["district_id"], row["school_year"]): row for row in rows}
    return {key: row for key, row in last.items() if row["contract_version"] == contract.version}


def _compare(home: Home, contract: Contract, new: list[Row], old: list[Row]) -> dict[SlotKey, dict[str, int]]:
    """Rows added, changed and removed in each slot."""
    with _database(str(home.work / "differences.spill")).cursor() as connection:
        for name, slots in (("new_slot", new), ("old_slot", old)):
            connection.execute(f"create temp table {name} (district_id varchar, school_year int, delivery_id varchar)")
            rows = [[slot["district_id"], slot["school_year"], slot["delivery_id"]] for slot in slots]
            connection.executemany(f"insert into {name} values (?, ?, ?)", rows)
        found = connection.execute(f"""
            with new as ({_hashed(home, contract, new, "new_slot")}),
            old as ({_hashed(home, contract, old, "old_slot")})
            select
                district_id, school_year,
                count(*) filter (where old.key is null),
                count(*) filter (where new.content <> old.content),
                count(*) filter (where new.key is null)
            from new full join old using (district_id, school_year, key)
            group by all order by all
        """).fetchall()
    return {(district_id, year): dict(zip(COUNTS, counts, strict=True)) for district_id, year, *counts in found}


def _hashed(home: Home, contract: Contract, slots: list[Row], chosen: str) -> str:
    """SQL of the landed rows, key and content hashed; a key stands once, as a reading refuses rows that share one."""
    key = ", ".join(map(quote, contract.key))
    rest = [quote(column.name) for column in contract.columns if column.name not in contract.key] or ["0"]
    return f"""
        select district_id, school_year, hash({key}) as key, hash({", ".join(rest)}) as content
        from ({select_landed(home, contract, slots, chosen)})
    """


@cache
def _database(spill_folder: str) -> duckdb.DuckDBPyConnection:
    """A database in memory, opened once: opening one costs more than comparing a small file."""
    import duckdb

    return duckdb.connect(config={"threads": 2, "memory_limit": MEMORY, "temp_directory": spill_folder})
