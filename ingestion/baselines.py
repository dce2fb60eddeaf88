"""Baselines: what a new slot and its file are compared with at door 1 (rule Q02).

Belongs here: how many rows and districts there were before, from the ledger alone. Does not belong here: how large a
difference may be (``expectations/rules/door_1/Q02.sql`` and the thresholds).

Rows are compared with a delivery read by the same mapping only: a mapping that emits one measure more lands more rows
of the same file. Districts are compared whatever the mapping.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ingestion.home import ALL_DISTRICTS
from ingestion.ledger import Ledger, Row
from ingestion.ledger_tables import delivery, delivery_slot
from ingestion.selection import eligible_deliveries

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.collaborative import Collaborative

ExtractYear = tuple[str, int]


@dataclass(frozen=True)
class Known:
    """The ledger's facts that baselines are made of.

    Attributes:
        deliveries: sender and mapping of each delivery.
        rows: rows of each slot of each delivery.
        serving: the delivery that serves each slot.
        served: the districts that are served in each extract and year.
    """

    deliveries: dict[str, Row]
    rows: dict[tuple[str, str, str, int], int]
    serving: dict[tuple[str, str, int], str]
    served: dict[ExtractYear, set[str]]


def build_slot_baselines(known: Known, new: Iterable[Row]) -> pa.Table:
    """For each new slot its rows, those of the delivery that serves it, and those of the year before.

    NULL where there is nothing to compare with.
    """
    import pyarrow as pa

    rows = []
    for slot in new:
        district_id, extract, year, delivery_id = (
            slot[n] for n in ("district_id", "extract", "school_year", "delivery_id")
        )
        rows.append(
            {
                **{name: slot[name] for name in ("district_id", "extract", "domain", "school_year", "delivery_id")},
                "n_rows": known.rows[delivery_id, district_id, extract, year],
                "n_rows_last": _comparable(known, delivery_id, (district_id, extract, year)),
                "n_rows_year_before": _comparable(known, delivery_id, (district_id, extract, year - 1)),
            }
        )
    texts = [(name, pa.string()) for name in ("district_id", "extract", "domain", "delivery_id")]
    counts = [(name, pa.int64()) for name in ("n_rows", "n_rows_last", "n_rows_year_before")]
    return pa.Table.from_pylist(rows, schema=pa.schema([*texts, ("school_year", pa.int32()), *counts]))


def build_file_baselines(known: Known, new: Iterable[Row], collaborative: Collaborative) -> pa.Table:
    """For each new statewide delivery and school year, how many of the districts known before it holds.

    ``n_last`` districts are served in that extract and year, ``n_year_before`` in the year before (of those still on
    the roster), ``n_roster`` stand on the roster; ``kept_…`` of them are in the file. Nothing served in that year:
    it is the first load, and ``n_last`` is 0.
    """
    import pyarrow as pa

    rows = []
    for (delivery_id, extract, year), districts in sorted(_districts_of(new).items()):
        sender = collaborative.sender(known.deliveries[delivery_id]["sender"])
        if sender is None or not sender.statewide:
            continue
        roster = {district.district_id for district in collaborative.roster(year)}
        groups = {
            "last": known.served[extract, year],
            "year_before": known.served[extract, year - 1] & roster,
            "roster": roster,
        }
        counts = {f"n_{name}": len(group) for name, group in groups.items()}
        kept = {f"kept_{name}": len(group & districts) for name, group in groups.items()}
        rows.append({"delivery_id": delivery_id, "extract": extract, "school_year": year, **counts, **kept})
    counts = [(f"{what}_{name}", pa.int64()) for name in ("last", "year_before", "roster") for what in ("n", "kept")]
    texts = [(name, pa.string()) for name in ("delivery_id", "extract")]
    return pa.Table.from_pylist(rows, schema=pa.schema([*texts, ("school_year", pa.int32()), *counts]))


def look_up(ledger: Ledger) -> Known:
    """What the ledger knows of deliveries, their slots, and which of them serve."""
    facts = sa.select(delivery.c.delivery_id, delivery.c.sender, delivery.c.mapping_id, delivery.c.mapping_hash)
    slot = delivery_slot.c
    rows = {
        (row["delivery_id"], row["district_id"], row["extract"], row["school_year"]): row["n_rows"]
        for row in ledger.read(
            sa.select(slot.delivery_id, slot.district_id, slot.extract, slot.school_year, slot.n_rows)
        )
    }
    serving, served = {}, defaultdict(set)
    for row in eligible_deliveries(ledger):
        if row["is_current"]:
            serving[row["district_id"], row["extract"], row["school_year"]] = row["delivery_id"]
            if row["district_id"] != ALL_DISTRICTS:
                served[row["extract"], row["school_year"]].add(row["district_id"])
    return Known({row["delivery_id"]: row for row in ledger.read(facts)}, rows, serving, served)


def _comparable(known: Known, delivery_id: str, slot: tuple[str, str, int]) -> int | None:
    """Rows of the delivery that serves a slot, if it was read by the same mapping."""
    before = known.serving.get(slot)
    if before is None:
        return None
    same = ("mapping_id", "mapping_hash")
    if any(known.deliveries[before][name] != known.deliveries[delivery_id][name] for name in same):
        return None
    return known.rows[before, *slot]


def _districts_of(new: Iterable[Row]) -> dict[tuple[str, str, int], set[str]]:
    found: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for slot in new:
        if slot["district_id"] != ALL_DISTRICTS:
            found[slot["delivery_id"], slot["extract"], slot["school_year"]].add(slot["district_id"])
    return found
