"""Marts that hold what they held when the current release was judged: which are judged anew, and which are not."""

from dataclasses import replace

import pytest

from expectations.doors import door_2, door_3
from expectations.judged_before import judged_before, looks_at_own_rows
from expectations.receipts import Receipt, RuleStatus, TableContent, read_receipt, receipt_path, write_receipt
from expectations.rules import load_registry
from expectations.validate import Validator

ALL = {
    *("fct_metric_value", "mart_metric_value", "mart_spending_balance", "mart_account_coverage"),
    "shared_per_pupil_spending",
}
OF_TWO_MARTS = {"mart_account_coverage"}
"""Its check reads the balance too."""


@pytest.fixture
def judged(monkeypatch):
    """The marts whose suites Great Expectations ran."""
    check, found = Validator.check, set()

    def told(self, schema, table, expectations):
        found.update({table} & ALL)
        return check(self, schema, table, expectations)

    monkeypatch.setattr(Validator, "check", told)
    return found


@pytest.fixture
def released(workshop, judged):
    """The workshop, after a release of its build; the next build is asked for."""
    assert judge(workshop).passed
    assert judged == ALL
    judged.clear()
    release(workshop)
    return workshop


def release(workshop):
    workshop.ledger.record_release("r000001", workshop.inputs.build_id, "content", None)
    (workshop.home.releases / "r000001").mkdir(parents=True)
    workshop.home.current_release.symlink_to("r000001")


def judge(workshop, **inputs):
    found = replace(workshop.inputs, **inputs)
    workshop.start(found)
    assert door_2(workshop.home, workshop.ledger, found, workshop.collaborative).passed
    return door_3(workshop.home, workshop.ledger, found, workshop.collaborative)


def rules_of(workshop, build_id):
    return read_receipt(workshop.home, build_id, "door_3").rules


def test_door_3__does_not_judge_the_same_rows_twice(released, judged):
    assert judge(released, build_id="next").passed
    assert judged == OF_TWO_MARTS
    assert rules_of(released, "next") == rules_of(released, released.inputs.build_id)


def test_door_3__judges_marts_that_changed(released, judged):
    released.change("update marts.fct_metric_value set value = 90001 where district_id = '00010000'")
    assert judge(released, build_id="next").failed == ("M03",)
    assert judged == {"fct_metric_value", "mart_metric_value"} | OF_TWO_MARTS


@pytest.fixture
def known(workshop):
    """The workshop, after a release of which a receipt says that every suite passed; what door 3 saw then."""
    registry, inputs = load_registry(), workshop.inputs
    tables = {"fct_metric_value": TableContent(hash="content", rows=9)}
    rules = tuple(RuleStatus(id=rule.id, status="passed", severity="error") for rule in registry.expected(3, "suite"))
    whole = {"door": "door_3", "build_id": inputs.build_id, "selection_hash": "selection", "passed": True}
    write_receipt(workshop.home, Receipt(**whole, rules=rules, tables=tables))
    release(workshop)
    return tables


def ask(workshop, **inputs):
    return judged_before(workshop.home, workshop.ledger, load_registry(), replace(workshop.inputs, **inputs))


def test_judged_before__is_of_the_same_code_and_configuration(workshop, known):
    assert ask(workshop, build_id="next") == known
    assert (ask(workshop, code_hash="other"), ask(workshop, config_hash="other")) == ({}, {})


def test_judged_before__is_nothing_before_the_first_release_and_without_a_receipt(workshop):
    assert ask(workshop) == {}
    release(workshop)
    assert ask(workshop) == {}


def test_judged_before__does_not_believe_a_receipt_that_was_changed(workshop, known):
    path = receipt_path(workshop.home, workshop.inputs.build_id, "door_3")
    path.write_text(path.read_text(encoding="utf-8").replace('"rows": 9', '"rows": 8'), encoding="utf-8")
    assert ask(workshop) == {}


@pytest.mark.parametrize("status", ["failed", "could_not_run", None])
def test_judged_before__is_nothing_where_a_suite_did_not_pass(workshop, known, status):
    receipt = read_receipt(workshop.home, workshop.inputs.build_id, "door_3")
    rules = [rule.model_copy(update={"status": status}) if rule.id == "M02" else rule for rule in receipt.rules]
    kept = tuple(rule for rule in rules if rule.status)
    write_receipt(workshop.home, receipt.model_copy(update={"rules": kept}))
    assert ask(workshop) == {}


@pytest.mark.parametrize(
    ("query", "is_own"),
    [
        ("select 1 from {batch} where value < 0", True),
        ("select 1\nFROM {batch} as m inner join collaborative.value_ranges as r on true", True),
        ("select 1 from (select 2 from {batch})", True),
        ("select 1 from {batch} full join marts.mart_spending_balance on true", False),
        ("select 1 from (select 2 from build.selection)", False),
    ],
)
def test_looks_at_own_rows__knows_what_a_query_reads(query, is_own):
    from great_expectations.expectations.core.unexpected_rows_expectation import UnexpectedRowsExpectation

    assert looks_at_own_rows([UnexpectedRowsExpectation(unexpected_rows_query=query)]) == is_own
