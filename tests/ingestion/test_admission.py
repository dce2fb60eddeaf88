import dataclasses
from contextlib import closing
from datetime import date

import pytest

from ingestion import candidates as candidates_module
from ingestion import sidecars
from ingestion.admission import (
    SUPERSEDED,
    Verdict,
    admit_by_hand,
    candidate_slots,
    candidates,
    hold,
    open_candidates,
    record_admissions,
    revoke,
)
from ingestion.contract import load_contracts
from ingestion.home import HomeError
from ingestion.ledger import Ledger
from ingestion.selection import current_selection
from tests.ingestion.small_deliveries import make_collaborative

A, B = "00350000", "00490000"


@pytest.fixture
def without_vintages(monkeypatch):
    """The shipped contract, as if it kept the newest delivery only."""
    plain = {name: contract.model_copy(update={"keeps_vintages": False}) for name, contract in load_contracts().items()}
    monkeypatch.setattr(candidates_module, "load_contracts", lambda: plain)


def serving(place):
    """The delivery that serves each district."""
    return {row["district_id"]: row["delivery_id"] for row in rows(place) if row["is_current"]}


def rows(place):
    return current_selection(place.ledger).to_pylist()


def decisions(place):
    return [
        (row["district_id"], row["delivery_id"], row["decision"], row["rule_id"]) for row in place.ledger.admissions()
    ]


def test_candidates__are_what_nobody_has_judged(place):
    place.deliver({A: ["1"], B: ["2"]})
    assert candidates(place.ledger) == [(A, "finance", 2017), (B, "finance", 2017)]
    place.judge(B)
    assert candidates(place.ledger) == []


def test_candidates__know_nothing_of_quarantined_files(place):
    place.deliver({A: ["1"]}, state="quarantined")
    assert candidates(place.ledger) == []


def test_candidate_slots__overlay_the_admitted_with_the_new(place):
    old = place.deliver({A: ["1"], B: ["2"]})
    place.judge()
    new = place.deliver({B: ["3"]}, vintage="2019")
    assert [(row["district_id"], row["delivery_id"], row["is_new"]) for row in candidate_slots(place.ledger)] == [
        (B, new.delivery_id, True)
    ]
    with_other_extract(place, A)
    found = {(row["extract"], row["delivery_id"]): row["is_new"] for row in candidate_slots(place.ledger)}
    assert found[("eoyr_report", old.delivery_id)] is False
    assert found[("other", "d-other")] is True


def with_other_extract(place, district_id):
    """A delivery of another extract of the same domain, in the ledger alone."""
    known = place.ledger.deliveries()[0]
    delivery = known | {"delivery_id": "d-other", "seq": place.ledger.next_delivery_seq(), "extract": "other"}
    slot = {"delivery_id": "d-other", "district_id": district_id, "extract": "other", "school_year": 2017}
    place.ledger.record_delivery(
        {"delivery": delivery, "slots": [slot | {"n_rows": 1, "content_hash": "x"}], "rejects": [], "rule_results": []}
    )


def test_record_admissions__a_held_district_keeps_its_last_and_costs_no_other(place):
    old = place.deliver({A: ["1"], B: ["2"]})
    place.judge()
    new = place.deliver({A: ["3"], B: ["4"]})
    place.judge(B)
    assert serving(place) == {A: new.delivery_id, B: old.delivery_id}


def test_record_admissions__holds_the_whole_domain_of_a_district_year(place):
    place.deliver({A: ["1"]})
    with_other_extract(place, A)
    written = record_admissions(place.home, place.ledger, [Verdict(A, "finance", 2017, False, "Q01", "too few rows")])
    assert {(row["extract"], row["decision"], row["rule_id"]) for row in written} == {
        ("eoyr_report", "held", "Q01"),
        ("other", "held", "Q01"),
    }
    assert serving(place) == {}


def test_record_admissions__never_admitted_has_no_rows(place):
    place.deliver({A: ["1"]})
    place.judge(A)
    assert rows(place) == []


@pytest.mark.parametrize("wrong", [[(A, 2016)], [(A, 2017), (A, 2017)], [(B, 2017)]])
def test_record_admissions__refuses_verdicts_on_what_does_not_wait(place, wrong):
    place.deliver({A: ["1"]})
    with pytest.raises(ValueError, match="does not wait"):
        record_admissions(place.home, place.ledger, [Verdict(d, "finance", year, True) for d, year in wrong])
    assert decisions(place) == []


def test_record_admissions__of_two_that_wait_the_newest_is_judged(place, without_vintages):
    first, second = place.deliver({A: ["1"]}), place.deliver({A: ["2"]})
    place.judge()
    assert decisions(place) == [
        (A, first.delivery_id, "held", SUPERSEDED),
        (A, second.delivery_id, "admitted", None),
    ]


def test_record_admissions__earlier_vintages_follow_round_by_round(place):
    newer = place.deliver({A: ["1"]}, vintage="2019")
    older = place.deliver({A: ["2"]}, vintage="2018")
    rounds = 0
    while candidates(place.ledger):
        place.judge()
        rounds += 1
    assert rounds == 2
    assert {(row["delivery_id"], row["vintage"], row["is_current"]) for row in rows(place)} == {
        (newer.delivery_id, "2019", True),
        (older.delivery_id, "2018", False),
    }


def test_record_admissions__a_contract_admitted_whole_goes_together(place, monkeypatch):
    from ingestion import admission

    whole = {name: contract.model_copy(update={"admission": "whole"}) for name, contract in load_contracts().items()}
    monkeypatch.setattr(admission, "load_contracts", lambda: whole)
    place.deliver({A: ["1"], B: ["2"]})
    place.judge(B)
    assert {decision for *_, decision, _ in decisions(place)} == {"held"}


def test_revoke__falls_back_to_the_one_before_that_was_not_revoked(place):
    first = place.deliver({A: ["1"]})
    place.judge()
    second = place.deliver({A: ["2"]})
    place.judge()
    third = place.deliver({A: ["3"]})
    place.judge()
    found = [serving(place)[A]]
    for delivery in (second, third, first):
        revoke(place.home, place.ledger, delivery.delivery_id, "wrong export", "clerk")
        found.append(serving(place).get(A))
    assert found == [third.delivery_id, third.delivery_id, first.delivery_id, None]


def test_admit_by_hand__of_an_older_delivery_is_a_rollback(place):
    first = place.deliver({A: ["1"], B: ["5"]})
    place.judge()
    second = place.deliver({A: ["2"], B: ["6"]})
    place.judge()
    admit_by_hand(place.home, place.ledger, first.delivery_id, "last year's export", "clerk", districts=[A])
    assert serving(place) == {A: first.delivery_id, B: second.delivery_id}
    last = place.ledger.admissions()[-1]
    assert (last["decided_by"], last["reason"]) == ("clerk", "last year's export")


@pytest.mark.parametrize("delivery_id", ["unknown", None])
def test_by_hand__says_when_there_is_no_such_slot(place, delivery_id):
    landed = place.deliver({A: ["1"]})
    with pytest.raises(ValueError, match="filled no such slot"):
        revoke(place.home, place.ledger, delivery_id or landed.delivery_id, "x", "clerk", districts=[B])
    assert decisions(place) == []


def released(place):
    """Two deliveries admitted, the second one released."""
    first = place.deliver({A: ["1"], B: ["2"]})
    place.judge()
    second = place.deliver({A: ["3"], B: ["4"]})
    place.judge()
    place.ledger.start_build("b1", "selection", "code", "config", date(2017, 6, 30))
    place.release("b1")
    return first, second


def test_hold__returns_to_what_the_last_release_served(place):
    _, second = released(place)
    third = place.deliver({A: ["5"], B: ["6"]})
    place.judge()
    written = hold(place.home, place.ledger, {B}, "F05", "components differ from the total")
    assert [(row["district_id"], row["decision"], row["rule_id"]) for row in written] == [(B, "held", "F05")]
    assert serving(place) == {A: third.delivery_id, B: second.delivery_id}


def test_hold__undoes_a_rollback_made_since_the_release(place):
    first, second = released(place)
    place.deliver({A: ["5"]})
    place.judge()
    admit_by_hand(place.home, place.ledger, first.delivery_id, "try", "clerk", districts=[A])
    hold(place.home, place.ledger, {A}, "F05", "components differ from the total")
    assert serving(place)[A] == second.delivery_id


def test_hold__does_not_bring_back_what_was_revoked(place):
    first, second = released(place)
    place.deliver({A: ["5"]})
    place.judge()
    revoke(place.home, place.ledger, second.delivery_id, "wrong export", "clerk", districts=[A])
    hold(place.home, place.ledger, {A}, "F05", "components differ from the total")
    assert serving(place)[A] == first.delivery_id


def test_hold__before_the_first_release_leaves_never_admitted(place):
    place.deliver({A: ["1"], B: ["2"]})
    place.judge()
    hold(place.home, place.ledger, [B], "F05", "components differ from the total")
    assert set(serving(place)) == {A}


def test_hold__writes_nothing_when_nothing_is_new(place):
    released(place)
    assert hold(place.home, place.ledger, {A, B}, "F05", "components differ from the total") == []


def test_record_admissions__what_door_2_held_comes_up_again_with_another_delivery_of_the_district(place):
    """The state's file and the district's own disagree, and both are held: the corrected one brings back the other."""
    state = place.deliver({A: ["1"], B: ["2"]})
    place.deliver({A: ["3"]}, school_year=2016)
    place.judge()
    hold(place.home, place.ledger, {A, B}, "F02", "totals differ")
    assert serving(place) == {}
    corrected = place.deliver({A: ["4"]}, school_year=2016)
    place.judge()
    served = {(row["district_id"], row["school_year"]): row["delivery_id"] for row in rows(place) if row["is_current"]}
    assert served == {(A, 2017): state.delivery_id, (A, 2016): corrected.delivery_id}


def test_record_admissions__what_door_1_or_a_person_held_stays_held(place):
    place.deliver({A: ["1"], B: ["1"]})
    place.judge(A)
    hold(place.home, place.ledger, {B}, "", "by hand", decided_by="a person")
    place.deliver({A: ["2"], B: ["2"]}, school_year=2016)
    assert {slot["school_year"] for slot in candidate_slots(place.ledger) if slot["district_id"] == B} == {2016}
    place.judge()
    assert {row["school_year"] for row in rows(place)} == {2016}


def test_record_admissions__what_door_2_held_does_not_come_before_a_newer_delivery_of_its_slot(place):
    place.deliver({A: ["1"]})
    place.judge()
    hold(place.home, place.ledger, {A}, "F02", "totals differ")
    place.deliver({A: ["2"]})
    place.deliver({A: ["3"]}, school_year=2016)
    record_admissions(place.home, place.ledger, [Verdict(A, "finance", 2016, True)])
    assert {row["school_year"] for row in rows(place)} == {2016}


def test_hold__keeps_to_its_scope(place):
    place.deliver({A: ["1"]}, school_year=2017)
    place.deliver({A: ["1"]}, school_year=2018)
    place.judge()
    assert hold(place.home, place.ledger, {A}, "F05", "x", domain="student") == []
    assert [row["school_year"] for row in hold(place.home, place.ledger, {A}, "F05", "x", school_year=2018)] == [2018]


class Killed(BaseException):
    pass


def test_record_admissions__killed_before_the_ledger_is_taken_in_later(place, monkeypatch):
    landed = place.deliver({A: ["1"]})

    def die(*arguments):
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(Ledger, "record_admissions", die)
        with pytest.raises(Killed):
            place.judge()
    assert serving(place) == {}
    sidecars.catch_up(place.home, place.ledger)
    assert serving(place) == {A: landed.delivery_id}


def test_open_candidates__shows_rows_extract_domain_and_roster(place):
    place.deliver({B: ["1"]}, school_year=2018)
    place.judge()
    landed = place.deliver({A: ["10.5", "2"]})
    with closing(open_candidates(place.home, place.ledger, make_collaborative(A, B))) as connection:
        found = connection.sql("select * from candidate.eoyr_report order by line_item")
        assert found.columns[-3:] == ["extract", "domain", "is_new"]
        assert dict(zip(found.columns, map(str, found.types), strict=True))["amount_usd"] == "DECIMAL(18,2)"
        assert [row[0] for row in found.fetchall()] == [A, A]
        slots = connection.sql("select district_id, delivery_id, is_new from candidate.slot").fetchall()
        assert slots == [(A, landed.delivery_id, True)]
        assert connection.sql("from candidate.candidate").fetchall() == [(A, "finance", 2017)]
        assert connection.sql("from candidate.roster order by 1").fetchall() == [(A, 2017), (B, 2017)]
        assert connection.sql("select count(*) from candidate.state_reported_measures").fetchall() == [(0,)]


def test_open_candidates__needs_to_know_whose_roster(place):
    with pytest.raises(HomeError, match="serves no collaborative"):
        open_candidates(place.home, place.ledger)


def test_verdict__is_a_value():
    assert dataclasses.replace(Verdict(A, "finance", 2017, True), admitted=False).candidate == (A, "finance", 2017)
