"""The selection: which delivery serves each slot.

Belongs here: the rule by which admission rows decide it, and the sorted table with its hash that a build
takes as its only view of landing. Does not belong here: who writes admission rows (``admission.py``).

Of a slot and one delivery, the latest admission row counts: ``admitted`` makes the delivery eligible,
``held`` and ``revoked`` take that back. Of the eligible deliveries the one admitted last serves the slot.
So a rollback is a new row for an older delivery, and a revoked delivery falls back to the one before it.
Where a contract keeps vintages, each of them stays, as the delivery of it admitted last: a file read again under
a corrected mapping is the same publication, not a second one.
A district that was taken off the roster serves nothing: its slots stay in landing and in the ledger.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ingestion.home import ALL_DISTRICTS
from ingestion.ledger import Ledger, Row
from ingestion.ledger_tables import admission, delivery, delivery_slot
from ingestion.vintages import in_order

if TYPE_CHECKING:
    import pyarrow as pa

SLOT = (admission.c.district_id, admission.c.extract, admission.c.school_year)
"""The columns that make a slot."""

COLUMNS = (
    "district_id",
    "extract",
    "contract",
    "domain",
    "school_year",
    "delivery_id",
    "vintage",
    "vintage_order",
    "is_current",
    "data_through",
    "content_hash",
    "n_rows",
)
NAMED = ("contract", "domain", "vintage", "file_sha256", "file_name", "data_through")
"""What is known of a delivery itself."""
_ORDER = ("district_id", "extract", "school_year", "vintage", "delivery_id")


def current_selection(
    ledger: Ledger,
    keeps_vintages: set[str] | None = None,
    roster: Collection[str] | None = None,
    *,
    until: int | None = None,
    districts: Collection[str] | None = None,
) -> pa.Table:
    """The selection as the ledger stands, sorted.

    Args:
        ledger: the ledger.
        keeps_vintages: contracts whose earlier vintages stay in it beside the current one; by default those
            that say so.
        roster: districts that the collaborative knows; what others landed is left out, whatever was decided, and
            serves again once they are back. By default everybody's is in it. ``_all`` always stays.
        until: as it stood when this admission row was the last; now by default.
        districts: only these districts' slots; all by default.
    """
    import pyarrow as pa

    kept = _contracts_that_keep_vintages() if keeps_vintages is None else keeps_vintages
    eligible = [
        row
        for row in eligible_deliveries(ledger, until, districts)
        if roster is None or row["district_id"] == ALL_DISTRICTS or row["district_id"] in roster
    ]
    last_of_vintage = {_vintage(row): row["seq"] for row in sorted(eligible, key=lambda row: row["seq"])}
    rows = [
        row
        for row in eligible
        if row["is_current"] or (row["contract"] in kept and row["seq"] == last_of_vintage[_vintage(row)])
    ]
    rows.sort(key=lambda row: tuple(row[name] for name in _ORDER))
    _number_vintages(rows)
    return pa.Table.from_pylist([{name: row[name] for name in COLUMNS} for row in rows], schema=selection_schema())


def selection_schema() -> pa.Schema:
    """Names and types of the selection's columns."""
    import pyarrow as pa

    types = {
        "school_year": pa.int32(),
        "vintage_order": pa.int32(),
        "n_rows": pa.int64(),
        "is_current": pa.bool_(),
        "data_through": pa.date32(),
    }
    return pa.schema([pa.field(name, types.get(name, pa.string())) for name in COLUMNS])


def hash_selection(selection: pa.Table) -> str:
    """SHA-256 of the selection's rows as canonical text."""
    digest, encoder = hashlib.sha256(), json.JSONEncoder(default=date.isoformat)
    for row in selection.to_pylist():
        digest.update(encoder.encode(list(row.values())).encode() + b"\n")
    return digest.hexdigest()


def eligible_deliveries(
    ledger: Ledger, until: int | None = None, districts: Collection[str] | None = None
) -> list[Row]:
    """Every delivery that is admitted to a slot and not held or revoked since, with what the selection needs.

    Args:
        ledger: the ledger.
        until: what was known when this admission row was the last; everything by default.
        districts: only these districts' slots; all by default.
    """
    latest = _latest_per_slot_and_delivery(until, districts)
    rank = sa.func.row_number().over(partition_by=_slot_of(latest), order_by=latest.c.seq.desc())
    eligible = sa.select(latest, rank.label("rank")).where(latest.c.decision == "admitted").subquery()
    query = (
        sa.select(
            *(eligible.c[name] for name in ("district_id", "extract", "school_year", "delivery_id", "seq")),
            (eligible.c.rank == 1).label("is_current"),
            *(delivery.c[name] for name in NAMED),
            delivery.c.seq.label("delivery_seq"),
            delivery_slot.c.n_rows,
            delivery_slot.c.content_hash,
        )
        .join(delivery, delivery.c.delivery_id == eligible.c.delivery_id)
        .join(
            delivery_slot,
            sa.and_(
                delivery_slot.c.delivery_id == eligible.c.delivery_id,
                delivery_slot.c.district_id == eligible.c.district_id,
                delivery_slot.c.extract == eligible.c.extract,
                delivery_slot.c.school_year == eligible.c.school_year,
            ),
        )
    )
    return [row | {"is_current": bool(row["is_current"])} for row in ledger.read(query)]


def last_decisions(ledger: Ledger) -> list[Row]:
    """The latest admission row of each slot, whatever it decided."""
    newest = sa.select(sa.func.max(admission.c.seq)).group_by(*SLOT)
    return ledger.read(sa.select(admission).where(admission.c.seq.in_(newest)).order_by(admission.c.seq))


def last_held(ledger: Ledger) -> list[Row]:
    """Those of the slots' latest admission rows that hold; of a statewide file's 14,000 they are a few."""
    newest = sa.select(sa.func.max(admission.c.seq)).group_by(*SLOT)
    held = sa.select(admission).where(admission.c.decision == "held", admission.c.seq.in_(newest))
    return ledger.read(held.order_by(admission.c.seq))


def held_by(ledger: Ledger, deciders: Collection[str]) -> list[Row]:
    """Deliveries that are held by one of the deciders in slots of which the latest row is so, too.

    In the order in which they were admitted last: let in again one after the other, the same one serves. What another
    decided of a delivery of such a slot stays as it is.
    """
    slots = {_slot(row) for row in last_held(ledger) if row["decided_by"] in deciders}
    if not slots:
        return []
    latest = _latest_per_slot_and_delivery(None, {district for district, *_ in slots})
    names = (*(column.name for column in SLOT), "delivery_id")
    admitted = (
        sa.select(sa.func.max(admission.c.seq))
        .where(*(admission.c[name] == latest.c[name] for name in names), admission.c.decision == "admitted")
        .scalar_subquery()
    )
    query = (
        sa.select(latest, *(delivery.c[name] for name in NAMED if name != "domain"))
        .add_columns(delivery.c.seq.label("delivery_seq"))
        .join(delivery, delivery.c.delivery_id == latest.c.delivery_id)
        .where(latest.c.decision == "held", latest.c.decided_by.in_(sorted(deciders)))
        .order_by(sa.func.coalesce(admitted, latest.c.seq), latest.c.seq)
    )
    return [row for row in ledger.read(query) if _slot(row) in slots]


def _slot(row: Row) -> tuple[str, str, int]:
    return row["district_id"], row["extract"], row["school_year"]


def _latest_per_slot_and_delivery(until: int | None, districts: Collection[str] | None) -> sa.Subquery:
    newest = sa.select(sa.func.max(admission.c.seq)).group_by(*SLOT, admission.c.delivery_id)
    if until is not None:
        newest = newest.where(admission.c.seq <= until)
    if districts is not None:
        newest = newest.where(admission.c.district_id.in_(sorted(districts)))
    return sa.select(admission).where(admission.c.seq.in_(newest)).subquery()


def _slot_of(rows: sa.Subquery) -> tuple[sa.ColumnElement[Any], ...]:
    return tuple(rows.c[column.name] for column in SLOT)


def _number_vintages(rows: list[Row]) -> None:
    """Number each slot's publications, the oldest with 1; the rows come sorted by slot."""
    for _, slot in groupby(rows, key=lambda row: tuple(row[column.name] for column in SLOT)):
        for number, row in enumerate(in_order(slot), start=1):
            row["vintage_order"] = number


def _vintage(row: Row) -> tuple[Any, ...]:
    """The slot and the publication of it that a delivery brings."""
    return row["district_id"], row["extract"], row["school_year"], row["vintage"]


def _contracts_that_keep_vintages() -> set[str]:
    from ingestion.contract import load_contracts

    return {contract.name for contract in load_contracts().values() if contract.keeps_vintages}
