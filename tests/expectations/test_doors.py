"""Doors 2 and 3 over a hand-made build: what passes, what each rule catches, and who is to blame."""

import shutil

import pytest

from expectations import doors, rules
from expectations.doors import door_2, door_3
from expectations.receipts import read_receipt
from expectations.rules import NOT_PASSED
from tests.expectations.made_build import CANARY, Workshop

PUPIL_RULES = ("Q07", "Q09", "Q10", "Q11", "Q12", "Q14", "Q19", "Q20", "Q21")
"""Rules of door 2 about pupils, of whom this build has none."""


def second(workshop: Workshop):
    return door_2(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)


def third(workshop: Workshop):
    return door_3(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)


def test_doors__sound_build_passes_and_leaves_receipts(workshop):
    assert second(workshop).passed
    result = third(workshop)
    assert (result.passed, result.failed, result.could_not_run, result.messages) == (True, (), (), ())
    door_2_receipt = read_receipt(workshop.home, workshop.inputs.build_id, "door_2")
    door_3_receipt = read_receipt(workshop.home, workshop.inputs.build_id, "door_3")
    assert {"dim_district", "measure_reported"} <= set(door_2_receipt.tables)
    assert {rule.id: rule.status for rule in door_2_receipt.rules} == {
        **dict.fromkeys(("F02", "F04", "F06", "F07", "F09", "F10", "F14", "F15", "O01", "O03"), "nothing_to_check"),
        "F05": "passed",
        **dict.fromkeys(PUPIL_RULES, "nothing_to_check"),
        "F11": "passed",
        "F12": "passed",
        "R01": "passed",
    }
    assert [rule.id for rule in door_3_receipt.rules] == [*(f"M0{n}" for n in range(1, 9)), "P02"]
    assert {"fct_metric_value", "mart_metric_value", "shared_per_pupil_spending", "dim_metric"} <= set(
        door_3_receipt.tables
    )
    assert door_3_receipt.door_2_sha256 == door_2_receipt.sha256
    recorded = workshop.ledger.rule_results(workshop.inputs.build_id)
    assert {row["rule_id"] for row in recorded} == {
        *("F02", "F04", "F05", "F06", "F07", "F09", "F10", "F11", "F12", "F14", "F15"),
        "O01",
        "O03",
        *PUPIL_RULES,
        "R01",
        *(f"M0{number}" for number in range(1, 9)),
        "P02",
    }


def test_f05__one_district_whose_parts_miss_the_total_is_blamed(workshop):
    workshop.change(
        "update measures.measure_reported set value = value + 0.0000101 "
        "where district_id = '00020000' and breakdown = 'function=teachers'"
    )
    result = second(workshop)
    assert (result.passed, result.failed, result.blamed) == (False, ("F05",), frozenset({"00020000"}))
    assert "00020000" in result.messages[0]
    assert workshop.ledger.build(workshop.inputs.build_id)["state"] == "refused"


def test_f05__a_difference_of_exactly_the_tolerance_passes(workshop):
    workshop.change(
        "update measures.measure_reported set value = value + 0.00001 "
        "where district_id = '00020000' and breakdown = 'function=teachers'"
    )
    assert second(workshop).passed


def test_f05__the_states_own_row_fails_without_blaming_a_district(workshop):
    workshop.change(
        "update measures.measure_reported set value = value + 1 where district_id = '_all' and breakdown = 'all'"
    )
    result = second(workshop)
    assert (result.failed, result.blamed) == (("F05",), frozenset())


def test_f05__without_a_tolerance_nothing_is_close_enough(workshop):
    workshop.change("delete from collaborative.thresholds")
    assert second(workshop).failed == ("F05",)


def test_f05__a_function_that_got_lost_shows_as_a_difference(workshop):
    workshop.change("delete from measures.measure_reported where breakdown = 'function=teachers'")
    assert second(workshop).failed == ("F05",)


def test_f05__a_function_left_blank_by_the_state_adds_nothing(workshop):
    """Hancock and Richmond FY2017: the guidance cell is blank, and the other nine reach the printed total."""
    workshop.change(
        "update measures.measure_reported t set value = t.value - (select p.value from measures.measure_reported p "
        "where p.district_id = t.district_id and p.entity_id = t.entity_id and p.school_year = t.school_year "
        "and p.breakdown = 'function=teachers') where t.metric_id = 'PPE.D02' and t.breakdown = 'all'"
    )
    workshop.change("delete from measures.measure_reported where breakdown = 'function=teachers'")
    assert second(workshop).passed


def test_f05__withheld_parts_are_not_compared(workshop):
    workshop.change("update measures.measure_reported set value = null where breakdown = 'function=teachers'")
    result = second(workshop)
    assert result.passed
    assert [row.status for row in result.rows if row.rule_id == "F05"] == ["nothing_to_check"]


@pytest.mark.parametrize(
    "fault",
    [
        "delete from conformed.dim_delivery_status where district_id = '00020000'",
        "insert into conformed.dim_delivery_status values ('00020000', 'finance', 2017, 'never_admitted')",
        "update conformed.dim_delivery_status set state = 'never_admitted' where district_id = '00020000'",
        "delete from conformed.fct_reported_value where district_id = '00020000'",
        "delete from build.selection where district_id = '00020000'",
    ],
)
def test_r01__every_district_of_the_roster_is_accounted_for(workshop, fault):
    workshop.change(fault)
    result = second(workshop)
    assert (result.failed, result.blamed) == (("R01",), frozenset())


def test_r01__a_district_never_admitted_is_accounted_for(workshop):
    for table in ("build.selection", "conformed.fct_reported_value"):
        workshop.change(f"delete from {table} where district_id = '00020000'")
    workshop.change("update conformed.dim_delivery_status set state = 'never_admitted' where district_id = '00020000'")
    assert "R01" not in second(workshop).failed


def test_r01__an_empty_roster_is_not_passed(workshop):
    workshop.change("delete from collaborative.districts")
    result = second(workshop)
    assert (result.passed, result.could_not_run) == (False, ("R01",))


def test_door_2__a_rule_that_cannot_run_blocks_and_is_not_called_failed(workshop):
    workshop.change("drop table measures.measure_state_function_spending")
    result = second(workshop)
    assert (result.passed, result.failed, result.could_not_run) == (False, (), ("F05",))
    assert result.messages == (f"F05 could not run: CatalogException in F05.sql. {NOT_PASSED}",)


def test_door_2__a_rule_without_its_sql_file_blocks(workshop, monkeypatch, tmp_path):
    folder = tmp_path / "expectations"
    shutil.copytree(rules.FOLDER, folder)
    (folder / "rules" / "door_2" / "F05.sql").unlink()
    monkeypatch.setattr(doors, "load_registry", lambda: rules.load_registry(folder))
    assert second(workshop).could_not_run == ("F05",)


def test_doors__a_refused_build_stays_refused(workshop):
    workshop.change("delete from conformed.fct_reported_value")
    assert not second(workshop).passed
    workshop.change("insert into conformed.fct_reported_value select district_id, school_year from build.selection")
    result = second(workshop)
    assert not result.passed
    assert "stays refused" in result.messages[0]
    assert not third(workshop).passed


@pytest.mark.parametrize(
    ("rule_id", "fault"),
    [
        ("M02", "update marts.fct_metric_value set variant = null where district_id = '00010000'"),
        ("M03", "update marts.fct_metric_value set value = 90001 where district_id = '00010000' and breakdown = 'all'"),
        ("M03", "update marts.fct_metric_value set value = -1 where district_id = '00010000' and breakdown = 'all'"),
        ("M05", "update measures.measure_reported set n = 1"),
        ("M06", "delete from collaborative.value_ranges where metric_id = 'PPE.D04'"),
    ],
)
def test_door_3__catches(workshop, rule_id, fault):
    assert second(workshop).passed
    workshop.change(fault)
    result = third(workshop)
    assert (result.passed, result.failed, result.blamed) == (False, (rule_id,), frozenset())
    assert workshop.ledger.build(workshop.inputs.build_id)["refused_at_door"] == 3


def test_m01__an_empty_mart_is_never_released(workshop):
    second(workshop)
    workshop.change("delete from marts.fct_metric_value")
    assert third(workshop).failed == ("M01",)


def test_m04__a_mart_without_a_suite_blocks(workshop, monkeypatch):
    second(workshop)
    monkeypatch.setattr("expectations.mart_rules.SUITES", "tests.expectations")
    result = third(workshop)
    assert result.failed == ("M04",)
    assert result.could_not_run == ("M01", "M02", "M03", "M06", "M07", "M08")


def test_m04__a_check_taken_out_of_a_suite_blocks(workshop, monkeypatch):
    from expectations.suites import checks, fct_metric_value

    second(workshop)
    monkeypatch.setattr(
        fct_metric_value, "suite", lambda scene: [*checks.rows_kept(scene), *checks.values_in_range(scene)]
    )
    result = third(workshop)
    assert result.failed == ("M04",)
    assert "M02:fct_metric_value:key" in result.messages[0]


def test_m05__door_3_without_door_2_could_not_run(workshop):
    result = third(workshop)
    assert (result.passed, result.could_not_run) == (False, ("M05",))


def test_door_3__a_check_that_raises_could_not_run(workshop, monkeypatch):
    monkeypatch.setattr(
        "expectations.suites.checks.OUT_OF_RANGE", "select cast(entity_id as integer) as x from {batch}"
    )
    second(workshop)
    workshop.change(f"update marts.fct_metric_value set entity_id = '{CANARY}' where district_id = '00010000'")
    result = third(workshop)
    assert result.could_not_run == ("M03",)
    assert "M03" not in result.failed


def test_doors__no_value_leaves_them(workshop, capfd, caplog):
    assert second(workshop).passed
    workshop.change(
        f"update marts.fct_metric_value set variant = null, entity_id = '{CANARY}' where district_id = '00010000'"
    )
    workshop.change("update marts.fct_metric_value set value = 98765.4321 where district_id = '00020000'")
    result = third(workshop)
    assert result.failed == ("M02", "M03")
    written = "".join(
        path.read_text(encoding="utf-8") for path in workshop.home.build_folder(workshop.inputs.build_id).iterdir()
    )
    ledger = str(workshop.ledger.rule_results(workshop.inputs.build_id))
    output = capfd.readouterr()
    said = f"{written}{ledger}{result!r}{output.out}{output.err}{caplog.text}"
    assert CANARY not in said
    assert "98765" not in said
