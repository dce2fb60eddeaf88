"""What serves districts now that the last release was not made of: what door 2 can take back.

Belongs here: comparing what is eligible with what was, also after files were landed again under another key. Does not
belong here: writing what follows (``admission.hold``).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from ingestion.destroyed_slots import DESTROYED, SlotOfDelivery, key_of
from ingestion.home import Home
from ingestion.ledger import Ledger, Row
from ingestion.ledger_tables import admission, delivery
from ingestion.selection import eligible_deliveries


class SinceRelease(NamedTuple):
    """How districts came away from the last release.

    Attributes:
        new: eligible now, and not then.
        again: serving then and eligible still, where another delivery of then serves now.
    """

    new: list[Row]
    again: list[Row]


def compare_with_release(home: Home, ledger: Ledger, districts: Collection[str]) -> SinceRelease:
    """What districts serve now that they did not; before the first release all of it is new."""
    released = ledger.released_build(home.current_release)
    until = released["admission_seq"] if released else 0
    becomes = _landed_again(ledger, until, districts)
    then = [
        row | {"delivery_id": becomes.get(key_of(row), row["delivery_id"])}
        for row in eligible_deliveries(ledger, until, districts)
    ]
    now = sorted(eligible_deliveries(ledger, districts=districts), key=lambda row: row["seq"])
    eligible, served = {key_of(row) for row in then}, {key_of(row) for row in then if row["is_current"]}
    stay = [row for row in now if key_of(row) in eligible]
    top = {key_of(row)[1:]: row["delivery_id"] for row in stay}
    return SinceRelease(
        new=[row for row in now if key_of(row) not in eligible],
        again=[row for row in stay if key_of(row) in served and top[key_of(row)[1:]] != row["delivery_id"]],
    )


def serves_as_released(home: Home, ledger: Ledger, district_id: str) -> bool:
    """Whether nothing new serves a district since the last release: what went is nothing new. False without one.

    So it is where ``admission.hold`` would find nothing to hold.
    """
    if ledger.released_build(home.current_release) is None:
        return False
    since = compare_with_release(home, ledger, {district_id})
    return not (since.new or since.again)


def _landed_again(ledger: Ledger, until: int, districts: Collection[str]) -> dict[SlotOfDelivery, str]:
    """What deliveries became that were exchanged since (:func:`admission.exchange`).

    The mark of the old and the decision on the new one are of one batch, and both were read from the same bytes.
    """
    mark, new, old_file, new_file = admission, admission.alias("new"), delivery, delivery.alias("new_file")
    same = ("batch_id", "district_id", "extract", "school_year")
    query = (
        sa.select(*(mark.c[name] for name in (*same[1:], "delivery_id")), new.c.delivery_id.label("new_id"))
        .join(new, sa.and_(*(mark.c[name] == new.c[name] for name in same)))
        .join(old_file, old_file.c.delivery_id == mark.c.delivery_id)
        .join(new_file, new_file.c.delivery_id == new.c.delivery_id)
        .where(mark.c.rule_id == DESTROYED, mark.c.seq > until, mark.c.district_id.in_(sorted(districts)))
        .where(new.c.rule_id.is_distinct_from(DESTROYED), new_file.c.file_sha256 == old_file.c.file_sha256)
        .order_by(mark.c.seq.desc())
    )
    becomes: dict[SlotOfDelivery, str] = {}
    for row in ledger.read(query):  # the last exchange first: what came of an earlier one is known then
        becomes[key_of(row)] = becomes.get((row["new_id"], *key_of(row)[1:])) or row["new_id"]
    return becomes
