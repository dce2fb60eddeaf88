"""The state of each district's deliveries, as a release shows it.

Belongs here: one row per district, domain and school year that is expected. Does not belong here: how old is
too old (``dim_delivery_status``), or what was decided (``admission.py``).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from ingestion.contract import without_part
from ingestion.home import ALL_DISTRICTS
from ingestion.ledger import Ledger
from ingestion.ledger_tables import delivery, delivery_slot
from ingestion.selection import last_held

if TYPE_CHECKING:
    import pyarrow as pa

    from ingestion.collaborative import Collaborative

Key = tuple[str, str, int]


def build_delivery_status(ledger: Ledger, collaborative: Collaborative, selection: pa.Table) -> pa.Table:
    """Who has data, through when, and whose newer data is held by which rule; sorted.

    Expected is each domain and school year in which anybody landed something, for every district on that
    year's roster and for ``_all``. A district that serves a year in which it is no member has a row too.
    """
    import pyarrow as pa

    data_through = _data_through(selection)
    held = _held_by(ledger, collaborative)
    keys = set(data_through)
    for domain, school_year in _expected(ledger):
        roster = [district.district_id for district in collaborative.roster(school_year)]
        keys |= {(district_id, domain, school_year) for district_id in [*roster, ALL_DISTRICTS]}
    rows = [
        {
            "district_id": district_id,
            "domain": domain,
            "school_year": school_year,
            "state": "admitted" if key in data_through else "never_admitted",
            "is_held": key in held,
            "held_rule": held.get(key),
            "data_through": data_through.get(key),
        }
        for key in sorted(keys)
        for district_id, domain, school_year in [key]
    ]
    return pa.Table.from_pylist(rows, schema=status_schema())


def status_schema() -> pa.Schema:
    """Names and types of the states' columns."""
    import pyarrow as pa

    texts = [("district_id", pa.string()), ("domain", pa.string()), ("school_year", pa.int32()), ("state", pa.string())]
    return pa.schema([*texts, ("is_held", pa.bool_()), ("held_rule", pa.string()), ("data_through", pa.date32())])


def _expected(ledger: Ledger) -> set[tuple[str, int]]:
    """Domains and years in which something landed."""
    query = sa.select(delivery.c.domain, delivery_slot.c.school_year).join(
        delivery, delivery.c.delivery_id == delivery_slot.c.delivery_id
    )
    return {(row["domain"], row["school_year"]) for row in ledger.read(query.distinct())}


def _data_through(selection: pa.Table) -> dict[Key, date | None]:
    """For each key that serves, the least date of its extracts; of one in parts the date of the newest part."""
    serving = [row for row in selection.to_pylist() if row["is_current"]]
    found: dict[Key, dict[str, date]] = {_key(row): {} for row in serving}
    for row in sorted(serving, key=lambda row: row["data_through"] or date.min):
        if row["data_through"] is not None:
            found[_key(row)][without_part(row["extract"])] = row["data_through"]
    return {key: min(days.values(), default=None) for key, days in found.items()}


def _key(row: dict[str, Any]) -> Key:
    return row["district_id"], row["domain"], row["school_year"]


def _held_by(ledger: Ledger, collaborative: Collaborative) -> dict[Key, str | None]:
    """For each key whose newest data does not serve, the rule that holds it."""
    held = {(row["district_id"], row["domain"], row["school_year"]): row["rule_id"] for row in last_held(ledger)}
    return held | _quarantined(ledger, collaborative)


def _quarantined(ledger: Ledger, collaborative: Collaborative) -> dict[Key, str | None]:
    """Districts whose own newest file of an extract and year was refused whole."""
    refused = refused_whole(ledger, collaborative)
    return {(row["sender"], row["domain"], row["school_year"]): row["rule_id"] for row in refused}


def refused_whole(ledger: Ledger, collaborative: Collaborative) -> list[dict[str, Any]]:
    """A district's own newest deliveries of an extract and year that were refused, each with its ``rule_id``."""
    newest: dict[tuple[str, str, int], dict[str, Any]] = {}
    for row in ledger.deliveries():
        if row["school_year"] is not None and collaborative.district(row["sender"]):
            newest[row["sender"], row["extract"], row["school_year"]] = row
    refused = [row for row in newest.values() if row["state"] == "quarantined"]
    return [row | {"rule_id": _first_failed(ledger, row)} for row in refused]


def _first_failed(ledger: Ledger, row: dict[str, Any]) -> str | None:
    """The first rule that refused a whole file."""
    results = ledger.rule_results(row["delivery_id"])
    return next(
        (result["rule_id"] for result in results if result["status"] == "failed" and result["scope"] == "file"), None
    )
