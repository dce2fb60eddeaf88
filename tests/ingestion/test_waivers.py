"""Waivers are data: read whole, or refused with every fault and its place; what each is worth follows from the day."""

from datetime import date

import pytest

from ingestion.waivers import Waiver, states_at_door_2, waiver_for
from ingestion.yaml_document import ConfigurationError
from tests.ingestion.delivered_files import load_little

WAIVERS = """waivers:
  - rule: Q02
    district: "00010000"
    domain: finance
    school_year: 2020
    reason: Two schools closed in June.
    granted_by: Jo Clerk
    granted_on: 2026-07-01
    expires_on: 2026-12-31
  - rule: F02
    district: "00020000"
    reason: An amended report is under way.
    granted_by: Jo Clerk
    granted_on: 2026-07-01
    expires_on: 2026-09-30
"""
FIRST, LAST = date(2026, 7, 1), date(2026, 12, 31)


def waiver(**changed) -> Waiver:
    facts = {"rule": "Q02", "district": "1", "reason": "we know", "granted_by": "Jo"}
    return Waiver(**{**facts, "granted_on": FIRST, "expires_on": LAST, **changed})


def test_waivers__are_data(tmp_path):
    one, other = load_little(tmp_path, **{"waivers.yaml": WAIVERS}).waivers
    assert (one.rule, one.district, one.domain, one.school_year) == ("Q02", "00010000", "finance", 2020)
    assert (one.granted_by, one.granted_on, one.expires_on) == ("Jo Clerk", FIRST, LAST)
    assert (other.domain, other.school_year) == (None, None)
    assert load_little(tmp_path / "without").waivers == ()


@pytest.mark.parametrize(
    ("text", "replaced", "told"),
    [
        ("rule: Q02", "rule: Q99", "waivers.yaml:2:5: waivers.0.rule: Q99 is no rule; expectations/rules.yaml"),
        ("rule: Q02", "rule: Q03", "waivers.yaml:2:5: waivers.0.rule: Q03 may not be waived; those that may are F02, "),
        ("rule: F02", "rule: F01", "waivers.yaml:10:5: waivers.1.rule: F01 may not be waived"),
        ("rule: F02", "rule: F11", "waivers.yaml:10:5: waivers.1.rule: F11 may not be waived"),
        ("rule: F02", "rule: M05", "waivers.yaml:10:5: waivers.1.rule: M05 may not be waived"),
        ("rule: F02", "rule: P02", "waivers.yaml:10:5: waivers.1.rule: P02 may not be waived"),
        ('"00020000"', '"00990000"', "waivers.yaml:11:5: waivers.1.district: 00990000 is not in districts.csv"),
        ("domain: finance", "domain: money", "waivers.yaml:4:5: waivers.0.domain: money is no domain"),
        ("    expires_on: 2026-12-31\n", "", "waivers.yaml:2:5: waivers.0.expires_on: is required and missing"),
        ("    granted_by: Jo Clerk\n    granted_on: 2026-07-01\n    expires_on: 2026-12", "    granted_on: 2026-07-01\n"
         "    expires_on: 2026-12", "waivers.yaml:2:5: waivers.0.granted_by: is required and missing"),
        ("2026-12-31", "2026-06-30", "waivers.yaml:2:5: waivers.0: expires_on is before granted_on"),
        ("2026-12-31", "soon", "waivers.yaml:9:5: waivers.0.expires_on: input should be a valid date"),
        ("rule: Q02", "rule: F02", "waivers.yaml:5:5: waivers.0.school_year: F02 judges all of a district at once"),
        ("rule: Q02", "rule: F02", "waivers.yaml:4:5: waivers.0.domain: F02 judges all of a district at once"),
        ("reason: Two", "because: Two", "waivers.yaml:6:5: waivers.0.because: is not a known key"),
    ],
)  # fmt: skip
def test_waivers__a_fault_is_told_with_its_place(tmp_path, text, replaced, told):
    assert WAIVERS.count(text) >= 1
    with pytest.raises(ConfigurationError) as refused:
        load_little(tmp_path, **{"waivers.yaml": WAIVERS.replace(text, replaced, 1)})
    assert any(told in message for message in refused.value.messages), refused.value.messages


SOON = " (ends soon: what fails is held after that day)"
"""What every report says in a waiver's last 30 days."""


@pytest.mark.parametrize(
    ("day", "state", "words"),
    [
        (date(2026, 6, 30), "not_yet", "to be waived from 2026-07-01 to 2026-12-31 by Jo because we know"),
        (FIRST, "live", "waived until 2026-12-31 by Jo because we know"),
        (date(2026, 11, 30), "live", "waived until 2026-12-31 by Jo because we know"),
        (date(2026, 12, 1), "live", f"waived until 2026-12-31 by Jo because we know{SOON}"),
        (LAST, "live", f"waived until 2026-12-31 by Jo because we know{SOON}"),
        (date(2027, 1, 1), "expired", "the waiver by Jo because we know expired on 2026-12-31"),
    ],
)
def test_waiver__is_worth_what_the_day_says(day, state, words):
    assert (waiver().state(day), waiver().words(day)) == (state, words)


@pytest.mark.parametrize(
    ("place", "covers"),
    [
        (("Q02", "1", "finance", 2020), True),
        (("Q04", "1", "finance", 2020), False),
        (("Q02", "2", "finance", 2020), False),
        (("Q02", "1", "student", 2020), False),
        (("Q02", "1", "finance", 2021), False),
        (("Q02", None, "finance", 2020), False),
    ],
)
def test_waiver__covers_its_own_place_alone(place, covers):
    assert waiver(domain="finance", school_year=2020).covers(*place) is covers


def test_waiver_for__takes_the_one_that_ends_last_of_those_that_have_begun():
    later = waiver(granted_on=date(2026, 9, 1), expires_on=date(2027, 6, 30))
    both = (waiver(), later)
    assert waiver_for(both, date(2026, 8, 1), "Q02", "1") == both[0]
    assert waiver_for(both, date(2026, 10, 1), "Q02", "1") == later
    assert waiver_for(both, date(2026, 10, 1), "Q02", "2") is None
    assert waiver_for((later,), date(2026, 8, 1), "Q02", "1") is None


def test_states__of_door_2_alone_make_another_build():
    both = (waiver(), waiver(rule="F02"))
    assert states_at_door_2(both, LAST) == [["F02", "1", "live"]]
    assert states_at_door_2(both, date(2027, 1, 1)) == [["F02", "1", "expired"]]
