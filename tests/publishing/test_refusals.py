"""What publishing refuses; each time the current release stays as it was."""

import json

import pytest

from expectations import rules
from expectations.doors import door_2, door_3
from expectations.receipts import read_receipt, receipt_path, write_receipt
from publishing import release as releases
from publishing.release import ReleaseRefused, current_release_id, publish, verify_release
from tests.expectations.made_build import Workshop
from tests.publishing.conftest import pass_doors


@pytest.fixture
def unjudged(finished):
    """A build that no door has seen, behind a release that is current."""
    publish(finished.home, finished.ledger, finished.inputs.build_id, finished.collaborative)
    return finished.next_build("bbbbbbbb11112222")


def refuse(workshop: Workshop, message: str) -> None:
    with pytest.raises(ReleaseRefused, match=message):
        publish(workshop.home, workshop.ledger, workshop.inputs.build_id, workshop.collaborative)
    assert current_release_id(workshop.home) == "r000001-aaaaaaaa"
    assert verify_release(workshop.home)
    assert len(workshop.ledger.releases()) == 1


def judge(workshop: Workshop, *doors: int) -> None:
    if 2 in doors:
        door_2(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)
    if 3 in doors:
        door_3(workshop.home, workshop.ledger, workshop.inputs, workshop.collaborative)


def rewrite(workshop: Workshop, door: str, **changes) -> None:
    """A receipt that somebody wrote anew, with a hash that fits."""
    receipt = read_receipt(workshop.home, workshop.inputs.build_id, door)
    write_receipt(workshop.home, receipt.model_copy(update=changes))


def test_refused__after_a_failed_door_with_unchanged_marts(unjudged):
    unjudged.change("delete from conformed.fct_reported_value where district_id = '00010000'")
    judge(unjudged, 2, 3)
    unjudged.finish_anyway()
    refuse(unjudged, "refused at door 2 and stays refused: R01 failed")


def test_refused__after_door_3_failed(unjudged):
    judge(unjudged, 2)
    unjudged.change("delete from marts.fct_metric_value")
    judge(unjudged, 3)
    refuse(unjudged, "refused at door 3 and stays refused: M01 failed")


def test_refused__a_failed_build_whose_ledger_row_was_forgiven(unjudged):
    unjudged.change("delete from conformed.fct_reported_value where district_id = '00010000'")
    judge(unjudged, 2)
    with unjudged.ledger.begin() as connection:
        connection.exec_driver_sql("update build set state = 'built'")
    refuse(unjudged, "R01 failed at door 2")


@pytest.mark.parametrize(
    "change",
    [
        "update marts.fct_metric_value set value = value + 0.0000000001 where breakdown = 'all'",
        "insert into marts.fct_metric_value select * replace (2018 as school_year) from marts.fct_metric_value",
        "delete from conformed.dim_metric where metric_id = 'PPE.D04'",
        "update shared.shared_per_pupil_spending set n = 1",
        "alter table conformed.dim_district add column added integer",
    ],
)
def test_refused__with_changed_marts(second, change):
    second.change_finished(change)
    refuse(second, "not what door 3 checked")


def test_refused__when_the_private_files_miss_rows(second, monkeypatch):
    from publishing import private_files

    laid_out = private_files._sort_by_district

    def lossy(connection, model, districts):
        return {each: f"{insert} limit 1" for each, insert in laid_out(connection, model, districts).items()}

    monkeypatch.setattr(private_files, "_sort_by_district", lossy)
    with second.ledger.begin() as connection:  # other code: every file is written anew
        connection.exec_driver_sql("update build set code_hash = 'other' where build_id like 'bbbb%'")
    refuse(second, "its rows are not those of the district in the build")


def test_refused__after_a_deleted_rule(unjudged, monkeypatch):
    judge(unjudged, 2, 3)
    unjudged.finish()
    receipt = read_receipt(unjudged.home, unjudged.inputs.build_id, "door_2")
    rewrite(unjudged, "door_2", rules=tuple(rule for rule in receipt.rules if rule.id != "F05"))
    door_2_sha256 = read_receipt(unjudged.home, unjudged.inputs.build_id, "door_2").sha256
    rewrite(unjudged, "door_3", door_2_sha256=door_2_sha256)
    refuse(unjudged, "F05 did not run at door 2")


def test_refused__a_rule_that_left_the_registry_without_a_word(unjudged, monkeypatch):
    registry = rules.load_registry()
    fewer = registry.model_copy(update={"rules": tuple(rule for rule in registry.rules if rule.id != "F05")})
    monkeypatch.setattr("expectations.doors.load_registry", lambda: fewer)
    monkeypatch.setattr(releases, "load_registry", lambda: fewer)
    judge(unjudged, 2, 3)
    unjudged.finish_anyway()
    refuse(unjudged, "M04 failed")


def test_released__a_rule_that_was_retired_with_a_reason(unjudged, monkeypatch):
    registry = rules.load_registry()
    kept = tuple(rule for rule in registry.rules if rule.id != "F05")
    fewer = registry.model_copy(update={"rules": kept, "retired": {"F05": "the state stopped printing functions"}})
    monkeypatch.setattr("expectations.doors.load_registry", lambda: fewer)
    monkeypatch.setattr(releases, "load_registry", lambda: fewer)
    published = publish(unjudged.home, unjudged.ledger, pass_doors(unjudged).inputs.build_id, unjudged.collaborative)
    assert published.is_new


@pytest.mark.parametrize("door", ["door_2", "door_3"])
def test_refused__without_a_receipt(second, door):
    receipt_path(second.home, second.inputs.build_id, door).unlink()
    refuse(second, "left no receipt")


@pytest.mark.parametrize("door", ["door_2", "door_3"])
def test_refused__a_receipt_that_was_edited(second, door):
    path = receipt_path(second.home, second.inputs.build_id, door)
    path.write_text(path.read_text(encoding="utf-8").replace('"n_failed": 0', '"n_failed": 1', 1), encoding="utf-8")
    refuse(second, "was changed after the door wrote it")


def test_refused__a_receipt_that_cannot_be_read(second):
    receipt_path(second.home, second.inputs.build_id, "door_3").write_text("{", encoding="utf-8")
    refuse(second, "cannot be read")


def test_refused__a_receipt_of_another_build(second):
    other = receipt_path(second.home, "aaaaaaaa11112222", "door_3").read_text(encoding="utf-8")
    receipt_path(second.home, second.inputs.build_id, "door_3").write_text(other, encoding="utf-8")
    refuse(second, "is that of build aaaaaaaa11112222")


def test_refused__a_receipt_of_another_selection(second):
    rewrite(second, "door_2", selection_hash="another")
    refuse(second, "another selection")


def test_refused__a_receipt_of_door_2_that_door_3_did_not_see(second):
    rewrite(second, "door_2", tables={})
    refuse(second, "another receipt of door 2")


@pytest.mark.parametrize("status", ["failed", "could_not_run", "nothing_to_check"])
def test_refused__a_rule_that_did_not_pass(second, status):
    receipt = read_receipt(second.home, second.inputs.build_id, "door_3")
    changed = tuple(rule.model_copy(update={"status": status}) if rule.id == "M02" else rule for rule in receipt.rules)
    rewrite(second, "door_3", rules=changed)
    refuse(second, "M02 (failed|could not run|checked nothing) at door 3")


def test_refused__a_receipt_that_says_not_passed(second):
    rewrite(second, "door_3", passed=False)
    refuse(second, "door 3 did not pass")


def test_refused__a_table_that_door_3_never_saw(second):
    manifest = second.home.dbt_target / "manifest.json"
    nodes = json.loads(manifest.read_text(encoding="utf-8"))
    nodes["nodes"]["model.schoolstat.measure_reported"]["config"]["meta"]["release"] = ["shared"]
    manifest.write_text(json.dumps(nodes), encoding="utf-8")
    refuse(second, "door 3's receipt does not name this table")


def test_refused__a_build_that_nobody_knows(second):
    with pytest.raises(ReleaseRefused, match="not in the ledger"):
        publish(second.home, second.ledger, "nobody", second.collaborative)


def test_refused__a_build_without_its_file(second):
    (second.home.build_folder(second.inputs.build_id) / "warehouse.duckdb").unlink()
    refuse(second, "its file is not under builds/")


def test_refused__a_private_table_that_changed_and_is_in_no_other_file(second):
    """No file of another audience shows the change: the private tables are compared with door 3 themselves."""
    manifest = second.home.dbt_target / "manifest.json"
    nodes = json.loads(manifest.read_text(encoding="utf-8"))
    nodes["nodes"]["model.schoolstat.mart_metric_value"]["config"]["meta"]["release"] = ["private"]
    nodes["nodes"]["model.schoolstat.fct_metric_value"]["config"]["meta"]["release"] = []
    manifest.write_text(json.dumps(nodes), encoding="utf-8")
    second.change_finished("update marts.fct_metric_value set value = value + 1 where district_id = '00010000'")
    refuse(second, r"mart_metric_value \(build\): its content is not what door 3 checked")
