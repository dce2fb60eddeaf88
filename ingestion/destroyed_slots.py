"""Slots whose landed rows were destroyed: what the ledger knows of them.

Belongs here: the mark of such a slot, reading and recording it. Does not belong here: removing anything
(``destruction.py``).

The mark is an admission row, since those are never changed: the slot does not serve, nor wait for a verdict, and who
compares deliveries must not look for its file.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from ingestion.landing import KEY_ID_WITHOUT_PUPILS
from ingestion.ledger import Ledger, Row
from ingestion.ledger_tables import admission, delivery, delivery_slot

DESTROYED = "destroyed"
"""Rule id of the admission row by which a slot's rows went."""

SlotOfDelivery = tuple[str, str, str, int]
DistrictYear = tuple[str, int]


def is_destroyed() -> sa.ColumnElement[bool]:
    """SQL condition of a ``delivery_slot``: its rows were destroyed."""
    slot = delivery_slot.c
    return sa.exists().where(
        admission.c.delivery_id == slot.delivery_id,
        admission.c.district_id == slot.district_id,
        admission.c.extract == slot.extract,
        admission.c.school_year == slot.school_year,
        admission.c.rule_id == DESTROYED,
    )


def destroyed_slots(ledger: Ledger) -> set[SlotOfDelivery]:
    """Delivery, district, extract and school year of each such slot."""
    names = ("delivery_id", "district_id", "extract", "school_year")
    query = sa.select(*(admission.c[name] for name in names)).where(admission.c.rule_id == DESTROYED)
    return {key_of(row) for row in ledger.read(query)}


def destroyed_years(ledger: Ledger) -> list[DistrictYear]:
    """District and school year of all that was destroyed, sorted; not where the slot serves under another key.

    Such an exchange marks the old delivery and decides on the new one in one batch (``admission.exchange``).
    """
    new, same = admission.alias("new"), ("batch_id", "district_id", "extract", "school_year")
    decided_anew = sa.exists().where(
        *(new.c[name] == admission.c[name] for name in same), new.c.rule_id.is_distinct_from(DESTROYED)
    )
    query = sa.select(admission.c.district_id, admission.c.school_year).distinct()
    rows = ledger.read(query.where(admission.c.rule_id == DESTROYED, ~decided_anew))
    return sorted((row["district_id"], row["school_year"]) for row in rows)


def key_of(row: Row) -> SlotOfDelivery:
    """What tells a slot of a delivery from all others."""
    return row["delivery_id"], row["district_id"], row["extract"], row["school_year"]


def not_destroyed(ledger: Ledger, slots: Iterable[Row]) -> list[Row]:
    """Those slots whose rows have not been marked yet."""
    known = destroyed_slots(ledger)
    return [slot for slot in slots if key_of(slot) not in known]


def have_people_landed(ledger: Ledger) -> bool:
    """Whether landing holds rows about people, and so surrogates of the vault: then an empty vault is a lost one."""
    landed = (
        sa.select(sa.literal(1))
        .select_from(delivery_slot)
        .join(delivery, delivery.c.delivery_id == delivery_slot.c.delivery_id)
    )
    return bool(ledger.read(landed.where(delivery.c.key_id != KEY_ID_WITHOUT_PUPILS, ~is_destroyed()).limit(1)))
