"""Baselines: what a new slot and its file are compared with at door 1 (rule Q02).

Belongs here: how many rows and districts there were before, from the ledger alone. Does not belong here: how large a
difference may be (``expectations/rules/door_1/Q02.sql`` and the thresholds).

Rows are compared with a delivery read by the same mapping only: a mapping that emits one measure more lands more rows
of the same file. Districts are compared whatever the mapping.

A cumulative extract (attendance, actions, a ledger) grows from nothing to a whole year's rows and begins anew: the year
before is compared at the same time of the year only, with the delivery of that year whose rows went through the day
nearest to a year earlier. Without one near enough nothing is compared: ten days of attendance are neither a loss nor a
growth against a whole year's.

In the first weeks of a school year every extract is preliminary: pupils and staff of the new year are entered one by
one, and those who left are taken out. A delivery of these weeks is compared with the year before as a cumulative one
is, and the one after it may grow without limit and lose as much as from one year to the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ingestion.contract import load_contracts
from ingestion.home import ALL_DISTRICTS
from ingestion.ledger import Ledger, Row
from ingestion.ledger_tables import delivery, delivery_slot
from ingestion.selection import eligible_deliveries

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.collaborative import Collaborative

ExtractYear = tuple[str, int]
SlotKey = tuple[str, str, int]
SAME_TIME_OF_YEAR = "same_time_of_year_days"
ROLLOVER = "rollover_days"


@dataclass(frozen=True)
class Known:
    """The ledger's facts that baselines are made of.

    Attributes:
        deliveries: what is known of each delivery.
        rows: rows of each slot of each delivery.
        serving: the delivery that serves each slot.
        served: the districts that are served in each extract and year.
        admitted: of each slot, every delivery that is admitted to it and was not held or revoked since.
    """

    deliveries: dict[str, Row]
    rows: dict[tuple[str, str, str, int], int]
    serving: dict[SlotKey, str]
    served: dict[ExtractYear, set[str]]
    admitted: dict[SlotKey, list[str]]


def build_slot_baselines(known: Known, new: Iterable[Row], collaborative: Collaborative) -> pa.Table:
    """For each new slot its rows, those of the delivery that serves it, and those of the year before.

    NULL where there is nothing to compare with. ``last_delivery`` and ``year_before_delivery`` say in words which
    delivery is meant.
    """
    import pyarrow as pa

    rows = []
    for slot in new:
        delivery_id, is_cumulative = slot["delivery_id"], load_contracts()[slot["contract"]].is_cumulative
        last = _comparable(known, delivery_id, [known.serving.get(slot_key(slot))])
        is_first = is_preliminary(known, delivery_id, slot, collaborative)
        thresholds, whole_year = collaborative.thresholds, [known.serving.get(slot_key(slot, -1))]
        admitted = known.admitted.get(slot_key(slot, -1), ())
        year_before = same_time_of(known, slot, admitted, thresholds) if is_cumulative or is_first else whole_year
        earlier = _comparable(known, delivery_id, year_before)
        rows.append(
            {
                **{name: slot[name] for name in ("district_id", "extract", "domain", "school_year", "delivery_id")},
                "file_name": known.deliveries[delivery_id]["file_name"],
                "may_grow": is_cumulative or is_preliminary(known, last, slot, collaborative),
                "may_shrink": not is_cumulative and is_preliminary(known, last, slot, collaborative),
                "n_rows": known.rows[delivery_id, *slot_key(slot)],
                "n_rows_last": known.rows[last, *slot_key(slot)] if last else None,
                "last_delivery": name_delivery(known, last),
                "n_rows_year_before": known.rows[earlier, *slot_key(slot, -1)] if earlier else None,
                "year_before_delivery": name_delivery(known, earlier),
            }
        )
    names = ("district_id", "extract", "domain", "delivery_id", "file_name", "last_delivery", "year_before_delivery")
    fields = [(name, pa.string()) for name in names] + [("school_year", pa.int32())]
    fields += [(name, pa.bool_()) for name in ("may_grow", "may_shrink")]
    counts = [(name, pa.int64()) for name in ("n_rows", "n_rows_last", "n_rows_year_before")]
    return pa.Table.from_pylist(rows, schema=pa.schema([*fields, *counts]))


def build_file_baselines(known: Known, new: Iterable[Row], collaborative: Collaborative) -> pa.Table:
    """For each new statewide delivery and school year, how many of the districts known before it holds.

    ``n_last`` districts are served in that extract and year, ``n_year_before`` in the year before (of those still on
    the roster), ``n_roster`` stand on the roster; ``kept_…`` of them are in the file. Nothing served in that year:
    it is the first load, and ``n_last`` is 0.
    """
    import pyarrow as pa

    rows = []
    for (delivery_id, extract, year), districts in sorted(_districts_of(known, new).items()):
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
    named = ("delivery_id", "sender", "mapping_id", "mapping_hash", "file_name", "received_at", "data_through")
    facts = sa.select(*(delivery.c[name] for name in named))
    slot = delivery_slot.c
    rows = {
        (row["delivery_id"], row["district_id"], row["extract"], row["school_year"]): row["n_rows"]
        for row in ledger.read(
            sa.select(slot.delivery_id, slot.district_id, slot.extract, slot.school_year, slot.n_rows)
        )
    }
    serving, served, admitted = {}, defaultdict(set), defaultdict(list)
    for row in eligible_deliveries(ledger):
        admitted[row["district_id"], row["extract"], row["school_year"]].append(row["delivery_id"])
        if row["is_current"]:
            serving[row["district_id"], row["extract"], row["school_year"]] = row["delivery_id"]
            if row["district_id"] != ALL_DISTRICTS:
                served[row["extract"], row["school_year"]].add(row["district_id"])
    return Known({row["delivery_id"]: row for row in ledger.read(facts)}, rows, serving, served, admitted)


def _comparable(known: Known, delivery_id: str, candidates: Iterable[str | None]) -> str | None:
    """The first of some deliveries that was read by the same mapping."""
    same = ("mapping_id", "mapping_hash")
    own = known.deliveries[delivery_id]
    fitting = (each for each in candidates if each and all(known.deliveries[each][name] == own[name] for name in same))
    return next(fitting, None)


def same_time_of(known: Known, slot: Row, candidates: Iterable[str], thresholds: Mapping[str, Decimal]) -> list[str]:
    """Of deliveries of the year before those whose rows went through about the same day of it, the nearest first."""
    through, limit = known.deliveries[slot["delivery_id"]]["data_through"], thresholds.get(SAME_TIME_OF_YEAR)
    if through is None or limit is None:
        return []
    then = date(through.year - 1, through.month, min(through.day, 28))
    days = {each: known.deliveries[each]["data_through"] for each in candidates}
    apart = {each: abs((day - then).days) for each, day in days.items() if day is not None}
    return sorted((each for each, distance in apart.items() if distance <= limit), key=lambda each: apart[each])


def is_preliminary(known: Known, delivery_id: str | None, slot: Row, collaborative: Collaborative) -> bool:
    """Whether a delivery of a slot goes no further than the first weeks of its school year."""
    year, days = collaborative.whole_year(slot["school_year"]), collaborative.thresholds.get(ROLLOVER)
    through = known.deliveries[delivery_id]["data_through"] if delivery_id else None
    return bool(year and days is not None and through and (through - year.starts_on).days < days)


def slot_key(slot: Row, years: int = 0) -> SlotKey:
    """A slot's key, or that of the same extract some years later or earlier."""
    return slot["district_id"], slot["extract"], slot["school_year"] + years


def name_delivery(known: Known, delivery_id: str | None) -> str | None:
    """A delivery in words: its id, the day it came, its file."""
    if delivery_id is None:
        return None
    row = known.deliveries[delivery_id]
    return f"delivery {delivery_id} of {row['received_at'][:10]} ({row['file_name']})"


def _districts_of(known: Known, new: Iterable[Row]) -> dict[tuple[str, str, int], set[str]]:
    """The districts of each file of which anything is new: all of them, also where only one is judged again."""
    wanted = {(slot["delivery_id"], slot["extract"], slot["school_year"]) for slot in new}
    found: dict[tuple[str, str, int], set[str]] = defaultdict(set)
    for delivery_id, district_id, extract, year in known.rows:
        if district_id != ALL_DISTRICTS and (delivery_id, extract, year) in wanted:
            found[delivery_id, extract, year].add(district_id)
    return found
