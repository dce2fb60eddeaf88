"""What Dagster is told: all definitions, and that telling it needs neither network nor dbt."""

import json
import os
import socket
import subprocess
import sys
from datetime import datetime
from graphlib import TopologicalSorter
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from dbt.cli.main import dbtRunner

from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.night_record import record_night
from orchestration import models
from orchestration.build import build_defs
from orchestration.dbt_runner import DOWNSTREAM, MANIFEST, PROJECT, UPSTREAM, DbtOutcome, NodeResult
from orchestration.jobs import build_nightly_schedule
from orchestration.steps import ModelsBuilt
from tests.orchestration.definitions_text import describe

pytestmark = pytest.mark.xdist_group("definitions")

NOT_IMPORTED = {"great_expectations", "pandas", "dbt.cli.main", "dbt.parser", "alembic"}
LOAD = "import json, sys; from orchestration.definitions import defs; defs(); print(json.dumps(sorted(sys.modules)))"


def test_definitions__are_these(demo, snapshot):
    assert describe(build_defs()) == snapshot


def test_definitions__need_no_network_no_dbt_and_no_home(demo, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("definitions are pure")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(dbtRunner, "invoke", refuse)
    assert build_defs().get_repository_def().asset_graph.get_all_asset_keys()
    assert not demo.exists()


def test_definitions__import_nothing_heavy(demo, repository):
    ran = subprocess.run([sys.executable, "-c", LOAD], cwd=repository, capture_output=True, text=True, check=True)
    imported = set(json.loads(ran.stdout.splitlines()[-1]))
    assert {"dagster", "orchestration.build"} <= imported
    assert not NOT_IMPORTED & imported


def test_definitions__without_a_manifest_say_what_to_run(demo, monkeypatch, tmp_path):
    monkeypatch.setattr(models, "MANIFEST", tmp_path / "manifest.json")
    with pytest.raises(FileNotFoundError, match="make install"):
        build_defs()


def test_definitions_module__is_short(repository):
    text = (repository / "orchestration" / "definitions.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60


def test_workspace__loads(demo, repository):
    dg_command = Path(sys.executable).with_name("dg")
    ran = subprocess.run([dg_command, "check", "defs"], cwd=repository, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "validated successfully" in ran.stdout + ran.stderr


def test_each_dbt_node__is_in_exactly_one_half(manifest, tmp_path, monkeypatch):
    monkeypatch.setenv("SCHOOLSTAT_BUILD_FILE", str(tmp_path / "warehouse.duckdb"))
    upstream, downstream = (list_nodes(selection, tmp_path) for selection in (UPSTREAM, DOWNSTREAM))
    content = json.loads(MANIFEST.read_text(encoding="utf-8"))
    nodes = {uid for uid, node in content["nodes"].items() if node["resource_type"] in ("model", "seed", "test")}
    assert upstream & downstream == set()
    assert upstream | downstream == nodes | set(content["unit_tests"])


def test_each_dbt_node__is_an_asset_or_a_check(demo):
    """So that nothing that dbt builds or tests is missing from the UI."""
    assets = build_defs().get_repository_def().assets_defs_by_key.values()
    specs = [spec for asset in assets for spec in (*asset.specs, *asset.check_specs)]
    shown = {str((spec.metadata or {}).get("dagster_dbt/unique_id")) for spec in specs}
    nodes = json.loads(MANIFEST.read_text(encoding="utf-8"))["nodes"].values()
    wanted = {node["unique_id"] for node in nodes if node["resource_type"] in ("model", "seed", "test")}
    assert wanted - shown == set()


def list_nodes(selection: tuple[str, ...], target: Path) -> set[str]:
    """Unique ids of what ``dbt build --select`` would run."""
    places = ("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(target))
    command = ["ls", "--quiet", "--output", "json", "--output-keys", "unique_id", "--resource-type", "all"]
    result = dbtRunner().invoke([*command, "--select", *selection, *places, "--log-path", str(target)])
    assert result.success, result.exception
    found = {json.loads(line)["unique_id"] for line in result.result}
    return {uid for uid in found if uid.split(".")[0] in ("model", "seed", "test", "unit_test")}


@pytest.mark.parametrize("evening_utc", ["2026-03-08T08:00:00+00:00", "2026-11-02T09:00:00+00:00"])
def test_schedule__is_one_run_a_local_night(repository, evening_utc):
    collaborative = load_collaborative(repository / "collaboratives" / "demo")
    schedule = build_nightly_schedule(collaborative)
    assert schedule.cron_schedule == f"0 {collaborative.nightly_hour} * * *"
    assert schedule.execution_timezone == collaborative.time_zone
    at = datetime.fromisoformat(evening_utc).astimezone(ZoneInfo(collaborative.time_zone))
    with dg.build_schedule_context(scheduled_execution_time=at) as context:
        (request,) = schedule.evaluate_tick(context).run_requests
    assert request.run_key == f"night-{at.date()}"
    assert request.tags["schoolstat/night"] == str(at.date())


@pytest.mark.parametrize(("word", "goes_on"), [("passed", True), ("failed", False), ("could not run", False)])
def test_door_2__blocks_what_comes_after_unless_it_passed(demo, monkeypatch, word, goes_on):
    built: list[str] = []
    monkeypatch.setattr(models, "build_upstream", lambda *_: pretend(built, "upstream", demo, door_2=word))
    monkeypatch.setattr(models, "build_downstream", lambda *_: pretend(built, "downstream", demo, door_3="failed"))
    assert run_models().success is False
    assert built == (["upstream", "downstream"] if goes_on else ["upstream"])


def test_door__that_was_not_reached_blocks(demo, monkeypatch):
    built: list[str] = []
    monkeypatch.setattr(models, "build_upstream", lambda *_: pretend(built, "upstream", demo))
    assert run_models().success is False
    assert built == ["upstream"]


def test_dbt__that_failed_stops_the_night_and_names_its_nodes(demo, monkeypatch):
    broken = NodeResult("test.schoolstat.some_test", "fail", 0.1, 3)
    outcome = ModelsBuilt(DbtOutcome(False, {broken.unique_id: broken}), None, {})
    monkeypatch.setattr(models, "build_upstream", lambda *_: outcome)
    (failure,) = [event for event in run_models().all_node_events if event.is_step_failure]
    said = failure.step_failure_data.user_failure_data.description
    assert said == "upstream_models: dbt did not pass: test.schoolstat.some_test"


def pretend(built: list[str], half: str, home: Path, **doors: str) -> ModelsBuilt:
    """Say that every node of dbt passed, each after what it reads, and what the door said."""
    built.append(half)
    record_night(Home(home), **{door: {"result": word, "messages": []} for door, word in doors.items()})
    content = json.loads(MANIFEST.read_text(encoding="utf-8"))["nodes"]
    reads = {uid: set(node.get("depends_on", {}).get("nodes", ())) & set(content) for uid, node in content.items()}
    nodes = {uid: NodeResult(uid, "success", 0.0, 0) for uid in TopologicalSorter(reads).static_order()}
    return ModelsBuilt(DbtOutcome(True, nodes), None, {})


def run_models() -> dg.ExecuteInProcessResult:
    """Run both halves and their doors, without landing and release."""
    definitions = build_defs()
    graph = definitions.get_repository_def().asset_graph
    layers = [key for key in graph.get_all_asset_keys() if key.path[0] not in ("landing", "release")]
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    job = definitions.resolve_job_def("nightly")
    assert "DAGSTER_HOME" not in os.environ
    return job.execute_in_process(asset_selection=layers, run_config=quiet, raise_on_error=False)
