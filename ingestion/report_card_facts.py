"""What the ledger knows that report cards are made of, asked once for all senders of a night.

Belongs here: reading deliveries, decisions, findings and refused rows. Does not belong here: what they mean for a
sender (``report_card.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ingestion import ledger_tables as tables
from ingestion.ledger import Ledger, Row
from ingestion.selection import eligible_deliveries, last_decisions
from reporting.report_card.card import Arrival, Difference, Place

PLACES_SHOWN = 10
TWO_DISTRICTS = ("Q12", "Q20")
"""Rules of door 2 that tell each of two districts of pupils whom both have."""

Key = tuple[str, int | None]


@dataclass(frozen=True)
class Facts:
    """The ledger, as far as cards ask it."""

    ledger: Ledger
    _found: dict[str, list[Row]] = field(default_factory=dict)

    @cached_property
    def deliveries(self) -> dict[str, Row]:
        """All deliveries in order of arrival, by id."""
        return {row["delivery_id"]: row for row in self.ledger.deliveries()}

    @cached_property
    def newest(self) -> dict[str, dict[Key, Row]]:
        """Of each sender the newest delivery of each extract and school year."""
        found: dict[str, dict[Key, Row]] = defaultdict(dict)
        for row in self.deliveries.values():
            found[row["sender"]][row["extract"], row["school_year"]] = row
        return found

    @cached_property
    def _serving(self) -> list[Row]:
        return [row for row in eligible_deliveries(self.ledger) if row["is_current"]]

    @cached_property
    def serving_deliveries(self) -> set[str]:
        """Deliveries that serve a slot."""
        return {row["delivery_id"] for row in self._serving}

    @cached_property
    def serves_through(self) -> dict[str, dict[Key, str]]:
        """Of each sender through which day each extract and school year goes that it serves; also for all years."""
        found: dict[str, dict[Key, str]] = defaultdict(dict)
        for row in self._serving:
            of_sender = found[self.deliveries[row["delivery_id"]]["sender"]]
            through = str(row["data_through"] or row["school_year"])
            for key in ((row["extract"], row["school_year"]), (row["extract"], None)):
                of_sender[key] = max(through, of_sender.get(key, ""))
        return found

    @cached_property
    def decisions(self) -> dict[str, list[Row]]:
        """The last decision on each slot, by the delivery that it is about."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in last_decisions(self.ledger):
            found[row["delivery_id"]].append(row)
        return found

    @cached_property
    def of_sender(self) -> dict[str, list[str]]:
        """The ids of each sender's deliveries, oldest first."""
        found: dict[str, list[str]] = defaultdict(list)
        for delivery_id, row in self.deliveries.items():
            found[row["sender"]].append(delivery_id)
        return found

    @cached_property
    def differences(self) -> dict[str, Difference]:
        """Of each delivery what it changes, over all its slots."""
        table = tables.delivery_difference
        counts = (sa.func.sum(table.c[name]).label(name) for name in ("rows_added", "rows_changed", "rows_removed"))
        earlier = sa.func.max(table.c.earlier_delivery_id).label("earlier_delivery_id")
        rows = self.ledger.read(sa.select(table.c.delivery_id, earlier, *counts).group_by(table.c.delivery_id))
        return {row.pop("delivery_id"): Difference(**row) for row in rows}

    @cached_property
    def in_two_districts(self) -> dict[tuple[str, str], list[Row]]:
        """What door 2 last found of pupils who left without a trace or are in two districts, by district and rule.

        A rule that looks at each school year has a row of each.
        """
        found: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for rule_id in TWO_DISTRICTS:
            for row in self._found_last(rule_id):
                if row["district_id"]:
                    found[row["district_id"], rule_id].append(row)
        return found

    def _found_last(self, rule_id: str) -> list[Row]:
        result = tables.rule_result
        newest = sa.select(sa.func.max(result.c.id)).where(result.c.rule_id == rule_id).scalar_subquery()
        build = sa.select(result.c.subject).where(result.c.id == newest).scalar_subquery()
        query = sa.select(result).where(result.c.rule_id == rule_id, result.c.subject == build)
        return self.ledger.read(query.order_by(result.c.id))

    def found_in(self, delivery_id: str) -> list[Row]:
        """What rules of door 1 found in a delivery: failures and warnings, one row per rule and message.

        What reading it found has a ``severity``; what door 1 found in the whole domain when it came has none, unless it
        only warns or is waived.
        """
        result = tables.rule_result
        names = ("rule_id", "severity", "status", "scope", "line", "column_name", "message", "what_to_do")
        sums = (sa.func.sum(result.c[name]).label(name) for name in ("n_failed", "n_checked"))
        columns = [result.c[name] for name in names]
        query = (
            sa.select(*columns, *sums)
            .where(result.c.subject == delivery_id, result.c.door == 1)
            .where(result.c.status.in_(("failed", "could_not_run")) | (result.c.severity == "warning"))
            .group_by(*columns)
            .order_by(sa.func.min(result.c.id))
        )
        if delivery_id not in self._found:
            self._found[delivery_id] = self.ledger.read(query)
        return self._found[delivery_id]

    def count_of(self, rule_id: str, read: Iterable[str], judged: Iterable[str]) -> tuple[int, int]:
        """How often a rule failed, and how many things it looked at.

        Args:
            rule_id: the rule.
            read: deliveries whose reading counts.
            judged: deliveries with which a domain was judged; one for each domain and year, else it counts twice.
        """
        result = tables.rule_result
        by_reading = result.c.subject.in_(list(read)) & result.c.severity.is_not(None)
        by_door = result.c.subject.in_(list(judged)) & result.c.severity.is_(None)
        sums = (sa.func.sum(result.c[name]).label(name) for name in ("n_failed", "n_checked"))
        query = sa.select(*sums).where(result.c.door == 1, result.c.rule_id == rule_id, by_reading | by_door)
        row = self.ledger.read(query)[0]
        return int(row["n_failed"] or 0), int(row["n_checked"] or 0)

    def places(self, delivery_id: str, rule_id: str) -> tuple[Place, ...]:
        """The first rows of a delivery that a rule refused."""
        reject = tables.reject
        query = (
            sa.select(reject.c.line, reject.c.column_name, reject.c.reason)
            .where(reject.c.delivery_id == delivery_id, reject.c.rule_id == rule_id)
            .order_by(reject.c.line, reject.c.id)
            .limit(PLACES_SHOWN)
        )
        return tuple(Place(row["line"], row["column_name"] or "", row["reason"]) for row in self.ledger.read(query))


def arrival_of(delivery: Row | None) -> Arrival:
    """What became of a delivery; without one the extract is missing."""
    if delivery is None:
        return "missing"
    content = delivery.get("content") or "rows"
    if content != "rows":
        return content
    words: dict[Any, Arrival] = {"accepted": "arrived", "accepted_with_rejects": "with_refused_rows"}
    return words.get(delivery["state"], "refused")
