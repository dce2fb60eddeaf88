"""A waived failure holds nobody and is shown; an expired one holds again and says so; what was held comes up again."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from expectations.doors import door_1
from expectations.evaluate import COULD_NOT_RUN, FAILED, PASSED, WAIVED, RuleResult
from expectations.judge import judge
from expectations.rules import load_registry
from expectations.waivers import apply_waivers
from ingestion.admission import admit_by_hand, hold, record_admissions, reopen_waived
from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.selection import eligible_deliveries
from ingestion.waivers import Waiver
from tests.expectations.test_door_1 import ONE, READ, TWO
from tests.ingestion.small_deliveries import Place, make_collaborative

DAY = date(2026, 10, 1)
Q04 = Waiver(
    rule="Q04",
    district=TWO,
    reason="it joins in July",
    granted_by="Jo",
    granted_on=DAY - timedelta(days=1),
    expires_on=DAY + timedelta(days=1),
)
EXPIRED = Q04.model_copy(update={"expires_on": DAY - timedelta(days=1)})
WORDS = "waived until 2026-10-02 by Jo because it joins in July (ends soon: what fails is held after that day)"


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr("ingestion.collaborative.Collaborative.today", lambda _: DAY)
    (tmp_path / "inbox").mkdir()
    home = Home(tmp_path / "home").ensure()
    ledger = open_ledger(home)
    yield Place(home, ledger, tmp_path / "inbox")
    ledger.close()


def night(place, *waivers):
    """Reopen, judge and record: the verdicts by district."""
    collaborative = replace(make_collaborative(ONE), waivers=waivers)
    reopen_waived(place.home, place.ledger, collaborative)
    verdicts = door_1(place.home, place.ledger, collaborative)
    record_admissions(place.home, place.ledger, verdicts)
    return {verdict.district_id: verdict for verdict in verdicts}


def q04_of(place, landed):
    """What the ledger says of rule Q04 in the second district."""
    rows = place.ledger.rule_results(landed.delivery_id)
    return [
        (row["status"], row["severity"], row["message"])
        for row in rows
        if (row["rule_id"], row["district_id"]) == ("Q04", TWO)
    ]


def test_door_1__a_live_waiver_admits_and_is_kept_with_the_delivery(place):
    landed = place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=READ)
    assert {verdict.admitted for verdict in night(place, Q04).values()} == {True}
    off = "the district is not on the roster of 2017"
    assert q04_of(place, landed) == [("waived", "warning", f"{off}; {WORDS}")]


def test_door_1__an_expired_waiver_holds_and_the_reason_says_that_it_expired(place):
    landed = place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=READ)
    verdict = night(place, EXPIRED)[TWO]
    assert not verdict.admitted
    assert "the waiver by Jo because it joins in July expired on 2026-09-30" in verdict.reason
    assert [status for status, *_ in q04_of(place, landed)] == ["failed"]


@pytest.mark.parametrize("change", [{"district": ONE}, {"school_year": 2018}, {"domain": "student"}, {"rule": "Q02"}])
def test_door_1__a_waiver_of_something_else_admits_nobody(place, change):
    place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=READ)
    assert not night(place, Q04.model_copy(update=change))[TWO].admitted


def test_door_1__what_was_held_comes_up_again_once_its_rule_is_waived_and_only_then(place):
    landed = place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=READ)
    assert not night(place)[TWO].admitted
    assert night(place) == {}
    assert night(place, EXPIRED) == {}
    assert night(place, Q04.model_copy(update={"district": ONE})) == {}
    verdicts = night(place, Q04)
    assert {district: verdict.admitted for district, verdict in verdicts.items()} == {TWO: True}
    decided = [(row["decision"], row["decided_by"]) for row in place.ledger.admissions() if row["district_id"] == TWO]
    assert decided == [("held", "door_1"), ("held", "waiver"), ("admitted", "door_1")]
    assert [status for status, *_ in q04_of(place, landed)] == ["failed", "waived"]
    assert night(place, Q04) == {}


def test_door_1__what_another_rule_holds_too_stays_held(place):
    totals = replace(READ[0], rule_id="CT1", severity="error", n_failed=1)
    place.deliver({ONE: ["1.00"], TWO: ["2.00"]}, findings=(*READ, totals))
    assert night(place)[TWO].rule_id == "CT1, Q04"
    assert night(place, Q04) == {}


def test_door_2__what_it_held_serves_again_once_its_rule_is_waived(place):
    place.deliver({TWO: ["2.00"]}, findings=READ)
    night(place, Q04)
    held = {"rule_id": "F02", "decision": "held", "decided_by": "door_2"}
    last = place.ledger.admissions()[-1]
    place.ledger.record_admissions([{**last, **held, "seq": last["seq"] + 1, "batch_id": "by hand"}])
    f02 = Q04.model_copy(update={"rule": "F02"})
    collaborative = replace(make_collaborative(ONE), waivers=(f02,))
    (row,) = reopen_waived(place.home, place.ledger, collaborative)
    assert (row["decision"], row["decided_by"], row["rule_id"]) == ("admitted", "waiver", None)
    assert reopen_waived(place.home, place.ledger, collaborative) == []


def test_door_2__what_it_held_of_a_steward_s_hand_is_not_asked_of_door_1_again(place):
    """Held by Q04, admitted by hand, held by F02: the waiver of F02 brings it back, and Q04 does not take it again."""
    landed = place.deliver({TWO: ["2.00"]}, findings=READ)
    assert not night(place)[TWO].admitted
    admit_by_hand(place.home, place.ledger, landed.delivery_id, "it joins in July", "a steward")
    hold(place.home, place.ledger, {TWO}, "F02", "totals differ")
    assert night(place) == {}
    assert night(place, Q04.model_copy(update={"rule": "F02"})) == {}
    last = place.ledger.admissions()[-1]
    assert (last["decision"], last["decided_by"]) == ("admitted", "waiver")
    assert [row["delivery_id"] for row in eligible_deliveries(place.ledger)] == [landed.delivery_id]


def results(status, district=TWO, n_failed=1):
    return RuleResult(2, "F02", "district", status, 3, n_failed, district, message="off by one")


def test_apply__changes_failures_alone():
    waivers = (Q04.model_copy(update={"rule": "F02"}),)
    before = [results(FAILED), results(FAILED, ONE), results(COULD_NOT_RUN, n_failed=0), results(PASSED, n_failed=0)]
    after = apply_waivers(before, waivers, DAY)
    assert [result.status for result in after] == [WAIVED, FAILED, COULD_NOT_RUN, PASSED]
    assert after[0].message == f"off by one; {WORDS}"
    assert after[1:] == before[1:]


@pytest.mark.parametrize(
    ("found", "status", "blocks"),
    [
        ([WAIVED], "waived", False),
        ([WAIVED, PASSED], "waived", False),
        ([WAIVED, FAILED], "failed", True),
        ([WAIVED, COULD_NOT_RUN], "could_not_run", True),
    ],
)
def test_judge__a_waived_rule_blocks_only_where_it_fails_elsewhere_too(tmp_path, found, status, blocks):
    rule = load_registry().rule("F02")
    (judged,) = judge(tmp_path, [rule], [results(each, n_failed=int(each in (WAIVED, FAILED))) for each in found])
    assert (judged.status, judged.blocks) == (status, blocks)
