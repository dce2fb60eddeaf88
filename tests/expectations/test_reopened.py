"""What door 2 holds comes up again whole and in its order: the same delivery serves, and no publication is lost."""

import re
from datetime import date

import pytest

from expectations import doors
from expectations.rules import FOLDER, load_registry
from ingestion import left_out
from ingestion.admission import Verdict, append, decide, exchange, hold, record_admissions, reopen_waived
from ingestion.candidates import held_before
from ingestion.left_out import leave_out, reopen_judged_otherwise
from ingestion.selection import current_selection, eligible_deliveries
from orchestration import steps
from tests.expectations import test_blame
from tests.expectations.test_blame import BROKEN, DISTRICTS, READ, deliver, open_warehouse, release, waive
from tests.expectations.test_left_out import night, released_loosely

place = test_blame.place
FIRST = DISTRICTS[0]


def served(place):
    """The publications of the first district's report that serve, and the current one."""
    rows = current_selection(place.ledger, districts={FIRST}).to_pylist()
    return [row["vintage"] for row in rows], [row["vintage"] for row in rows if row["is_current"]]


def judge_otherwise(place, monkeypatch):
    """The next build is judged by other rules than the one that door 2 refused."""
    monkeypatch.setattr(left_out, "_is_judged_otherwise", lambda *_: True)
    reopen_judged_otherwise(place.home, place.ledger, "other code", "other configuration")


def test_reopened__what_was_new_beside_what_was_left_out_serves_again(place):
    """A limit is mistyped in the night in which a correction came, and is set right."""
    released_loosely(place, FIRST)
    newer = deliver(place, FIRST, data_through=date(2017, 8, 1))
    night(place)
    release(place)
    door, _ = night(place, "1.5")
    assert door.passed
    rows = current_selection(place.ledger, districts={FIRST}).to_pylist()
    assert [row["delivery_id"] for row in rows if row["school_year"] == 2017 and row["is_current"]] == [
        newer.delivery_id
    ]


@pytest.mark.parametrize("is_waived", [True, False])
def test_reopened__an_older_publication_does_not_become_the_current_one(place, monkeypatch, is_waived):
    deliver(place, vintage="2019")
    night(place, "1")
    release(place)
    deliver(place, vintage="2018")
    hold(place.home, place.ledger, {FIRST}, "F02", "it is in doubt")
    assert served(place) == (["2019"], ["2019"])
    if is_waived:
        reopen_waived(place.home, place.ledger, open_warehouse(place, waive("F02", FIRST)).collaborative)
    else:
        judge_otherwise(place, monkeypatch)
    assert served(place) == (["2018", "2019"], ["2019"])


def test_left_out__every_publication_comes_up_with_a_newer_one(place):
    deliver(place, vintage="2018")
    deliver(place, vintage="2019")
    leave_out(place.home, place.ledger, FIRST, {("finance", 2017)}, "F05", "its parts miss their total")
    assert served(place) == ([], [])
    deliver(place, vintage="2020")
    assert served(place) == (["2018", "2019", "2020"], ["2020"])


def test_left_out__the_same_publication_corrected_stands_for_itself(place):
    deliver(place, vintage="2018")
    deliver(place, vintage="2019")
    leave_out(place.home, place.ledger, FIRST, {("finance", 2017)}, "F05", "its parts miss their total")
    deliver(place, vintage="2019", data_through=date(2017, 8, 1))
    assert served(place) == (["2018", "2019"], ["2019"])
    assert len(eligible_deliveries(place.ledger, districts={FIRST})) == 2


def test_left_out__every_publication_comes_up_beside_another_file(place):
    deliver(place, vintage="2018")
    deliver(place, vintage="2019")
    (other, *_) = eligible_deliveries(place.ledger, districts={FIRST})
    leave_out(place.home, place.ledger, FIRST, {("finance", 2017)}, "F05", "its parts miss their total")
    again = held_before(place.ledger, [other | {"extract": "another"}])
    assert [row["vintage"] for row in again] == ["2018", "2019"]


def test_reopened__after_a_new_key_not_what_door_1_refused(place, monkeypatch):
    """All that was decided of exchanged files is one batch: what door 1 held of it stays held."""
    deliver(place)
    refused = place.deliver({FIRST: BROKEN}, findings=READ, vintage="2019", data_through=date(2017, 8, 1))
    record_admissions(place.home, place.ledger, [Verdict(FIRST, "finance", 2017, False, "Q01", "door 1 says no")])
    admitted = place.deliver({FIRST: BROKEN}, findings=READ, vintage="2020", data_through=date(2017, 8, 2))
    record_admissions(place.home, place.ledger, [Verdict(FIRST, "finance", 2017, True)])
    (current,) = [row for row in eligible_deliveries(place.ledger, districts={FIRST}) if row["is_current"]]
    append(place.home, place.ledger, [decide(current, "held", "F05", "door 2 says no")], "door_2")
    new_of = {old.delivery_id: f"new{old.delivery_id[:8]}" for old in (refused, admitted)}
    land_again(place, new_of)
    judge_otherwise(place, monkeypatch)
    assert new_of[refused.delivery_id] not in {row["delivery_id"] for row in eligible_deliveries(place.ledger)}
    assert served(place)[1] == ["2020"]


def land_again(place, new_of):
    """What a rekey does: the same files under other ids, and all that was decided of them."""
    known = [row for row in place.ledger.deliveries() if row["delivery_id"] in new_of]
    for row in known:
        new = {"delivery_id": new_of[row["delivery_id"]]}
        slots = [slot | new for slot in place.ledger.slots(row["delivery_id"])]
        landed = row | new | {"seq": place.ledger.next_delivery_seq()}
        place.ledger.record_delivery({"delivery": landed, "slots": slots, "rejects": [], "rule_results": []})
    old = [slot | {"domain": "finance"} for each in new_of for slot in place.ledger.slots(each)]
    exchange(place.home, place.ledger, new_of, old, "somebody", "another key")


def test_standing__what_stood_before_is_not_counted_with_who_fails_anew(place, monkeypatch):
    """Where one of a few districts may be held, one that stands since long does not take up its place."""
    registry = load_registry()
    rules = tuple(rule.model_copy(update={"waivable": rule.id == "F05"}) for rule in registry.rules)
    monkeypatch.setattr(doors, "load_registry", lambda: registry.model_copy(update={"rules": rules}))
    monkeypatch.setattr(steps, "are_few", lambda *others: len(others[-1]) <= 1)
    monkeypatch.setattr("expectations.blame.are_few", lambda *others: len(others[-1]) <= 1)
    released_loosely(place, FIRST)
    door, _ = night(place)
    assert (door.passed, len(door.standing)) == (True, 1)
    release(place)
    deliver(place, DISTRICTS[5], data_through=date(2017, 8, 1), districts=DISTRICTS[1:])
    door, n_builds = night(place)
    assert (door.passed, n_builds, len(door.standing)) == (True, 2, 1)


def test_rules_that_may_be_waived__say_in_which_domain_and_year():
    """What is in doubt in one year never empties another."""
    for rule in load_registry().expected(2):
        if rule.waivable:
            last = (FOLDER / "rules" / "door_2" / f"{rule.id}.sql").read_text(encoding="utf-8").split("\nselect\n")[-1]
            assert re.search(r"'(finance|student)' as domain,\s+\S*school_year,", last), rule.id
