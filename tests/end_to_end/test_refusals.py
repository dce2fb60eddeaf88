"""Nights and releases that are refused, through Dagster in this process; the current release stays each time."""

import shutil
from decimal import Decimal

import pytest

from expectations import doors
from expectations.rules import FOLDER, load_registry
from publishing import release as publishing
from tests.end_to_end.house import RELEASE, House, Houses

pytestmark = pytest.mark.xdist_group("nights")

CHANGE_A_MART = "update marts.fct_metric_value set value = value + 1 where metric_id = 'PPE.D02'"
TWO_DISTRICTS = {("9009", "Teachers"): Decimal("0.0001"), ("9005", "Teachers"): Decimal("0.0002")}
"""Too small for the file's control totals, too large for rule F05, and one district more than may be held."""


def refuse_night(house: House) -> str:
    """Run a night that must be refused; gives why."""
    before = house.releases_on_disk()
    summary, code = house.refresh()
    assert (summary.outcome, code) == ("refused", 3)
    assert house.releases_on_disk() == before
    assert house.current() == summary.release_id
    return summary.reason


def refuse_release(house: House) -> str:
    """Release by hand, in vain; gives why."""
    before = house.releases_on_disk()
    said = house.materialize(RELEASE)
    assert said == house.said() != ""
    assert house.releases_on_disk() == before
    assert house.current()
    return said


def fail_at_door_2(house: House) -> None:
    house.change_functions(TWO_DISTRICTS)
    assert refuse_night(house).startswith("door 2 refused the build: F05 failed in 90050000, 90090000: 2 of ")
    assert house.builds() == [("released", None), ("refused", 2)]


def pass_the_doors(house: House) -> None:
    house.move_line_items(Decimal("100.00"))
    assert house.materialize_all_but_release() == ""


@pytest.fixture
def failed(houses: Houses) -> House:
    """A house whose last night was refused at door 2."""
    return houses.at("failed", fail_at_door_2)


@pytest.fixture
def passed(houses: Houses) -> House:
    """A house with a build that passed its doors and is not released."""
    return houses.at("passed", pass_the_doors)


def test_failed_door__its_checks_block_what_comes_after(failed):
    with failed.dagster() as instance:
        run = instance.get_runs(limit=1)[0]
        steps = {event.step_key: event.event_type_value for event in _step_ends(instance, run.run_id)}
    assert steps["upstream_models"] == "STEP_SUCCESS"
    assert not {"downstream_models", "door_3", "release__current"} & {
        step for step, end in steps.items() if end == "STEP_SUCCESS"
    }


def test_failed_door__release_by_hand_with_unchanged_marts_is_refused(failed):
    said = refuse_release(failed)
    assert said.startswith(f"build {failed.build_id()} was refused at door 2 and stays refused: F05 failed in ")
    assert said.endswith("Correct the data, the mapping or the rule: that makes a new build.")


def test_failed_door__release_by_hand_with_a_changed_mart_is_refused(failed):
    failed.change_build(CHANGE_A_MART)
    assert f"build {failed.build_id()} was refused at door 2 and stays refused" in refuse_release(failed)


def test_failed_door__the_marts_by_hand_are_refused(failed):
    said = failed.materialize("marts/fct_metric_value", "marts/mart_metric_value")
    assert said == f"door 2 has not passed build {failed.build_id()}: the marts are not built"


def test_failed_build__stays_refused_for_good(failed):
    said = refuse_night(failed)
    assert f"build {failed.build_id()} was refused at door 2 and stays refused (F05 failed" in said
    assert said.endswith("data, mapping or rule must be corrected first")
    assert failed.builds() == [("released", None), ("refused", 2)]


def test_failed_build__corrected_data_are_a_new_build_that_is_released(failed):
    failed.change_functions({key: -amount for key, amount in TWO_DISTRICTS.items()})
    failed.change_functions({("9009", "Teachers"): Decimal("0.000001")})
    summary, code = failed.refresh()
    assert (summary.outcome, code) == ("released", 0)
    assert failed.builds()[-1] == ("released", None)


def test_passed_build__with_a_mart_changed_before_its_release_is_refused(passed):
    passed.change_build(CHANGE_A_MART, finished=True)
    assert "its content is not what door 3 checked" in refuse_release(passed)


def test_passed_build__can_be_released_by_hand(passed):
    first = passed.current()
    assert passed.materialize(RELEASE) == ""
    assert passed.current() != first


def test_deleted_rule_file__could_not_run_and_blocks(house, tmp_path, monkeypatch):
    folder = use_rules(tmp_path, monkeypatch)
    (folder / "rules" / "door_2" / "F05.sql").unlink()
    house.move_line_items(Decimal("100.00"))
    said = refuse_night(house)
    assert said.startswith("door 2 refused the build: F05 could not run: its SQL file is missing.")
    assert "was refused at door 2 and stays refused: F05 could not run" in refuse_release(house)


def test_deleted_rule__a_build_judged_without_it_is_refused(house, tmp_path, monkeypatch):
    house.move_line_items(Decimal("100.00"))
    with monkeypatch.context() as without:
        drop_rule(use_rules(tmp_path, without), "F05")
        assert "door_3" in house.materialize_all_but_release()
    said = refuse_release(house)
    assert f"build {house.build_id()} was refused at door 3 and stays refused: M04 failed" in said
    assert "(missing: F05)" in said


def use_rules(tmp_path, monkeypatch):
    """Let the doors and publishing read a copy of the registry."""
    folder = tmp_path / "expectations"
    folder.mkdir()
    shutil.copy(FOLDER / "rules.yaml", folder)
    shutil.copytree(FOLDER / "rules", folder / "rules")
    for module in (doors, publishing):
        monkeypatch.setattr(module, "load_registry", lambda: load_registry(folder))
    return folder


def drop_rule(folder, rule_id: str) -> None:
    """Take a rule away: its row in the registry and its SQL."""
    source = folder / "rules.yaml"
    head, *rules = source.read_text(encoding="utf-8").split("\n  - id: ")
    kept = [rule for rule in rules if not rule.startswith(rule_id)]
    assert len(kept) == len(rules) - 1
    source.write_text("\n  - id: ".join([head, *kept]), encoding="utf-8")
    for path in (folder / "rules").rglob(f"{rule_id}.sql"):
        path.unlink()


def _step_ends(instance, run_id: str):
    ends = {"STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"}
    events = [entry.dagster_event for entry in instance.all_logs(run_id) if entry.dagster_event]
    return [event for event in events if event.event_type_value in ends]
