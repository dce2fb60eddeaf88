"""Admission: whether what landed may serve, all or nothing per district, domain and school year.

Belongs here: the append-only record of what was decided on the candidates, by a door or by hand. Does not
belong here: what waits for a verdict (``candidates.py``), the rules (``expectations/``), or what follows for
a build (``selection.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingestion import sidecars
from ingestion.candidates import (
    AT_DOOR_2,
    LEFT_OUT,
    REOPENED,
    UNJUDGED,
    Candidate,
    candidate_of,
    candidate_slots,
    candidates,
    held_before,
    keeps_vintages,
    newest_and_superseded,
    open_candidates,
    slot_of,
)
from ingestion.contract import load_contracts
from ingestion.destroyed_slots import DESTROYED, not_destroyed
from ingestion.home import Home
from ingestion.ledger import Ledger, Row, utc_now
from ingestion.selection import eligible_deliveries, held_by, last_held
from ingestion.since_release import compare_with_release
from ingestion.vintages import is_older
from ingestion.waivers import waiver_for

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative

__all__ = [
    "SUPERSEDED",
    "Candidate",
    "Verdict",
    "admit_by_hand",
    "admit_in_order",
    "append",
    "candidate_slots",
    "candidates",
    "decide",
    "destroy",
    "exchange",
    "hold",
    "open_candidates",
    "record_admissions",
    "reopen_waived",
    "revoke",
]

SUPERSEDED = "superseded"
"""Rule id of a delivery that nobody judged because a newer one of the same slot came the same night."""
COMES_UP_AGAIN = {
    "door_1": "held at door 1 before; judged again with what has come of the district since",
    "door_2": "held at door 2 before; it comes up again with what is admitted of the district now",
    LEFT_OUT: "left out at door 2 before; it comes up again with what is new of the same domain and year",
}


@dataclass(frozen=True)
class Verdict:
    """What a door says about a candidate.

    Attributes:
        district_id: the district.
        domain: the domain.
        school_year: ending year.
        admitted: False holds all that is new in the domain of that year.
        rule_id: the rules that failed, when held, with a comma between.
        reason: why, in words for the district, when held.
        is_judged: False where a rule could not run: what is new stays out, and waits for a verdict all the same.
    """

    district_id: str
    domain: str
    school_year: int
    admitted: bool
    rule_id: str | None = None
    reason: str | None = None
    is_judged: bool = True

    @property
    def candidate(self) -> Candidate:
        """The candidate that it judges."""
        return Candidate(self.district_id, self.domain, self.school_year)


def record_admissions(home: Home, ledger: Ledger, verdicts: Iterable[Verdict], decided_by: str = "door_1") -> list[Row]:
    """Record the verdicts on tonight's candidates: one row per slot; gives the rows written.

    What a rule could not be run on is held and waits on: the next night judges it, with nothing new of the district.
    What a door held of a district comes up again with whatever is admitted of it: which of two files was at fault only
    shows when one of them is corrected, or when the one that was missing comes. If it was the other, door 2 holds both
    again. It does not come up in a district-year that is refused: without what it was judged with it would serve alone.
    Of a district-year in which nothing is new, a refusal says just that, and leaves what serves there.

    Raises:
        ValueError: a verdict is about something that does not wait for one, or stands twice.
    """
    newest, superseded = newest_and_superseded(ledger)
    up_again = held_before(ledger, newest)
    by_candidate = _by_candidate(verdicts, {candidate_of(row) for row in [*newest, *up_again]})
    _hold_whole_deliveries(newest, by_candidate)
    rows = [
        decide(row, "held", SUPERSEDED, "a newer delivery of the same slot came before this one was judged")
        for row in superseded
        if candidate_of(row) in by_candidate
    ]
    judged = [(row, by_candidate[candidate_of(row)]) for row in newest if candidate_of(row) in by_candidate]
    rows += [_hold(row, verdict) for row, verdict in judged if not verdict.admitted]
    admitted = [(row, None) for row, verdict in judged if verdict.admitted]
    districts = {row["district_id"] for row, _ in admitted}
    again = [row for row in up_again if row["district_id"] in districts and _comes_up(row, by_candidate)]
    rows += admit_in_order(ledger, [*((row, COMES_UP_AGAIN[row["held_by"]]) for row in again), *admitted])
    return append(home, ledger, rows, decided_by)


def admit_in_order(ledger: Ledger, deliveries: Sequence[tuple[Row, str | None]]) -> list[Row]:
    """The rows that admit deliveries one after the other; where one is an older vintage, the newer stays current."""
    districts = {row["district_id"] for row, _ in deliveries}
    serving = {slot_of(row): row for row in eligible_deliveries(ledger, districts=districts) if row["is_current"]}
    rows = []
    for row, reason in deliveries:
        rows.append(decide(row, "admitted", None, reason))
        current = serving.setdefault(slot_of(row), row)
        if keeps_vintages(row) and is_older(row, current):
            rows.append(decide(current, "admitted", None, "an older vintage arrived later: this one stays current"))
        else:
            serving[slot_of(row)] = row
    return rows


def hold(
    home: Home,
    ledger: Ledger,
    districts: Collection[str],
    rule_id: str,
    reason: str,
    *,
    domain: str | None = None,
    school_year: int | None = None,
    decided_by: str = "door_2",
) -> list[Row]:
    """Let districts serve again what the last release served; gives the rows written, none if nothing is new.

    Rows that hold come last: the last decision on a slot is what ``delivery_status`` reports.

    Args:
        home: the home.
        ledger: the ledger.
        districts: whom door 2 blames.
        rule_id: the rule that failed.
        reason: why, in words for the district.
        domain: hold this domain only.
        school_year: hold this year only.
        decided_by: who decided.
    """
    since = compare_with_release(home, ledger, districts)
    rows = [decide(row, "admitted", None, "serves again what the last release served") for row in since.again]
    rows += [decide(row, "held", rule_id, reason) for row in since.new]
    about = [row for row in rows if domain in (None, row["domain"]) and school_year in (None, row["school_year"])]
    return append(home, ledger, about, decided_by)


def reopen_waived(home: Home, ledger: Ledger, collaborative: Collaborative) -> list[Row]:
    """Let come up again what a door holds by rules that are all waived by now; gives the rows written.

    What door 1 held waits for a verdict again; what door 2 held door 1 had admitted, so it serves, and door 2 judges
    it. What is admitted whole with its other districts is not taken apart: it is admitted by hand.
    """
    held = [row for row in last_held(ledger) if row["decided_by"] == "door_1"]
    waived, again = (
        [(row, f"{row['rule_id']} is waived since: judged again") for row in rows if _may_reopen(row, collaborative)]
        for rows in (held, held_by(ledger, AT_DOOR_2))
    )
    rows = [decide(row, "held", row["rule_id"], why) for row, why in waived]
    return append(home, ledger, rows + admit_in_order(ledger, again), REOPENED)


def admit_by_hand(
    home: Home, ledger: Ledger, delivery_id: str, reason: str, decided_by: str, districts: Collection[str] | None = None
) -> list[Row]:
    """Let a delivery serve its slots, as a rollback to an older one or in spite of a door.

    Raises:
        ValueError: the delivery has no such slots.
    """
    return _decide_by_hand(home, ledger, delivery_id, "admitted", reason, decided_by, districts)


def revoke(
    home: Home, ledger: Ledger, delivery_id: str, reason: str, decided_by: str, districts: Collection[str] | None = None
) -> list[Row]:
    """Take a delivery's admission back: each slot falls back to the one admitted before it, or empties.

    Raises:
        ValueError: the delivery has no such slots.
    """
    return _decide_by_hand(home, ledger, delivery_id, "revoked", reason, decided_by, districts)


def destroy(home: Home, ledger: Ledger, slots: Iterable[Row], reason: str, decided_by: str) -> list[Row]:
    """Mark slots as destroyed, once: they serve no more, and nobody looks for their rows; gives the rows written."""
    sidecars.catch_up(home, ledger)
    marked = [decide(slot, "revoked", DESTROYED, reason) for slot in not_destroyed(ledger, slots)]
    return append(home, ledger, marked, decided_by)


def exchange(
    home: Home, ledger: Ledger, new_of: Mapping[str, str], old_slots: Iterable[Row], decided_by: str, reason: str
) -> list[Row]:
    """Repeat on each new delivery what was decided last on the old one, in the same order, and mark the old slots.

    All of it in one batch, once; gives the rows written. The old slots are marked first: a slot's last row stays what
    was decided of it. Where several old deliveries are one new one, an admitted one counts before all others.
    """
    sidecars.catch_up(home, ledger)
    decisions = ledger.admissions()
    decided = {(row["delivery_id"], *slot_of(row)) for row in decisions}
    filled = {(new_id, *slot_of(slot)) for new_id in set(new_of.values()) for slot in ledger.slots(new_id)}
    undecided = filled - decided
    last = {(row["delivery_id"], *slot_of(row)): row for row in decisions if row["rule_id"] != DESTROYED}
    repeated = {}
    for row in sorted(last.values(), key=lambda row: (row["decision"] == "admitted", row["seq"])):
        new = (new_of.get(row["delivery_id"], ""), *slot_of(row))
        if new in undecided:
            repeated[new] = row | {"delivery_id": new[0]}
    marks = [decide(slot, "revoked", DESTROYED, reason) for slot in not_destroyed(ledger, old_slots)]
    rows = [_repeat(row) for row in sorted(repeated.values(), key=lambda row: row["seq"])]
    return append(home, ledger, marks + rows, decided_by)


def _decide_by_hand(
    home: Home,
    ledger: Ledger,
    delivery_id: str,
    decision: str,
    reason: str,
    decided_by: str,
    districts: Collection[str] | None,
) -> list[Row]:
    sidecars.catch_up(home, ledger)
    known = ledger.delivery(delivery_id)
    slots = [row for row in ledger.slots(delivery_id) if districts is None or row["district_id"] in districts]
    if known is None or not slots:
        raise ValueError(f"delivery {delivery_id} filled no such slot: nothing was decided")
    rows = [decide(slot | {"domain": known["domain"]}, decision, None, reason) for slot in slots]
    return append(home, ledger, rows, decided_by)


def _is_whole(row: Row) -> bool:
    return load_contracts()[row["extract"].split(".")[0]].admission == "whole"


def _may_reopen(row: Row, collaborative: Collaborative) -> bool:
    return not _is_whole(row) and _is_waived(row, collaborative)


def _is_waived(row: Row, collaborative: Collaborative) -> bool:
    """Whether each rule that holds a slot has a live waiver there."""
    day, place = collaborative.today(), (row["district_id"], row["domain"], row["school_year"])
    found = [waiver_for(collaborative.waivers, day, rule, *place) for rule in str(row["rule_id"]).split(", ")]
    return all(waiver is not None and waiver.state(day) == "live" for waiver in found)


def _comes_up(row: Row, by_candidate: dict[Candidate, Verdict]) -> bool:
    """Whether what a door held may serve now: what door 1 held once it is admitted, the other unless it is refused."""
    verdict = by_candidate.get(candidate_of(row))
    return verdict.admitted if verdict else row["held_by"] == "door_2"


def _by_candidate(verdicts: Iterable[Verdict], waiting: Collection[Candidate]) -> dict[Candidate, Verdict]:
    found: dict[Candidate, Verdict] = {}
    for verdict in verdicts:
        if verdict.candidate in found or verdict.candidate not in waiting:
            raise ValueError(f"{verdict.candidate} does not wait for a verdict, or has two")
        found[verdict.candidate] = verdict
    return found


def _hold_whole_deliveries(newest: Sequence[Row], by_candidate: dict[Candidate, Verdict]) -> None:
    """Where a contract is admitted whole, one held district-year holds all of its delivery's."""
    whole: dict[str, set[Candidate]] = defaultdict(set)
    for row in newest:
        if load_contracts()[row["contract"]].admission == "whole":
            whole[row["delivery_id"]].add(candidate_of(row))
    spread = True
    while spread:
        spread = False
        for together in whole.values():
            judged = [by_candidate[candidate] for candidate in sorted(together) if candidate in by_candidate]
            refused = next((verdict for verdict in judged if not verdict.admitted), None)
            for verdict in judged:
                if refused and verdict.admitted:
                    by_candidate[verdict.candidate] = replace(
                        verdict,
                        admitted=False,
                        rule_id=refused.rule_id,
                        reason=refused.reason,
                        is_judged=refused.is_judged,
                    )
                    spread = True


def append(home: Home, ledger: Ledger, rows: list[Row], decided_by: str) -> list[Row]:
    """Number the rows and write them: sidecar first, ledger last."""
    if not rows:
        return []
    first, now = ledger.next_admission_seq(), utc_now()
    batch_id = f"{first:010d}"
    stamp = {"batch_id": batch_id, "decided_at": now}
    numbered = [{"seq": seq, "decided_by": decided_by, **row, **stamp} for seq, row in enumerate(rows, first)]
    sidecars.write_admissions(home, batch_id, numbered)
    ledger.record_admissions(numbered)
    return numbered


def _hold(row: Row, verdict: Verdict) -> Row:
    unjudged = {} if verdict.is_judged else {"decided_by": UNJUDGED}
    return decide(row, "held", verdict.rule_id, verdict.reason) | unjudged


def _repeat(row: Row) -> Row:
    return decide(row, row["decision"], row["rule_id"], row["reason"]) | {"decided_by": row["decided_by"]}


def decide(row: Row, decision: str, rule_id: str | None = None, reason: str | None = None) -> Row:
    """A row that :func:`append` writes: what is decided of one slot and delivery."""
    names = ("district_id", "extract", "domain", "school_year", "delivery_id")
    return {name: row[name] for name in names} | {"decision": decision, "rule_id": rule_id, "reason": reason}
