"""docs/quality_rules.md: every rule that was asked for stands in exactly one place, and a test shows it to fail."""

import pytest

from expectations.rules import Registry, load_registry
from tests.expectations.quality_page import ASKED, PAGE, SHOWN, places, written

REPOSITORY = PAGE.parents[1]
ASKED_FOR = {*(f"Q{number:02}" for number in range(1, 19)), *(f"D{number:02}" for number in range(1, 5)), "Q21"}
"""Q21 is the half of Q11 that warns."""


def misplaced(registry: Registry) -> dict[str, int]:
    """Rules that stand nowhere, or in several places."""
    found = {rule_id: len(places(rule_id, registry)) for rule_id in ASKED}
    return {rule_id: n for rule_id, n in found.items() if n != 1}


def test_page__is_what_the_rules_say():
    assert set(ASKED) == ASKED_FOR == set(SHOWN)
    text = PAGE.read_text(encoding="utf-8")
    assert written(text, load_registry()) == text


def test_page__each_rule_stands_once():
    assert misplaced(load_registry()) == {}


@pytest.mark.parametrize("rule_id", ["Q08", "D01"])
def test_page__a_rule_that_is_nowhere_or_twice_is_named(rule_id):
    registry = load_registry()
    without = registry.model_copy(update={"rules": tuple(rule for rule in registry.rules if rule.id != rule_id)})
    assert misplaced(without) == {rule_id: 0}
    doubled = registry.model_copy(update={"rules": (*registry.rules, registry.rule(rule_id))})
    assert misplaced(doubled) == {rule_id: 2}


@pytest.mark.parametrize("rule_id", sorted(ASKED_FOR - {"D04"}))
def test_page__each_rule_is_named_where_it_is_shown_to_fail(rule_id):
    assert rule_id in (REPOSITORY / SHOWN[rule_id]).read_text(encoding="utf-8")
