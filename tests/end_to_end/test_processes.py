"""A process for each step, and processes that are killed: what is served stays whole."""

import random
import signal
import time
from decimal import Decimal

import dagster as dg
import pytest

from tests.end_to_end.house import House
from tests.end_to_end.processes import build_multiprocess_nightly, start_refresh

pytestmark = pytest.mark.xdist_group("nights")

TWO_DISTRICTS = {("9009", "Teachers"): Decimal("0.0001"), ("9005", "Teachers"): Decimal("0.0002")}
MOMENTS = {
    "a build is laid out": "work/warehouse.duckdb",
    "door 2 has judged": "builds/*/door_2.json",
    "door 3 has judged": "builds/*/door_3.json",
    "a release is being written": "releases/.draft-*/*",
}
"""Files by which one sees from outside how far a night has come."""
LONGEST = 300
"""Seconds after which a child that reaches no moment is a failure, never a measure of anything."""


def test_multiprocess__a_failed_door_blocks_and_release_by_hand_is_refused(house):
    house.change_functions(TWO_DISTRICTS)
    before = house.releases_on_disk()
    job = dg.reconstructable(build_multiprocess_nightly)
    with house.dagster() as instance:
        with dg.execute_job(job, instance, run_config=house.run_config()) as night:
            assert not night.success
            done = {event.step_key for event in night.all_node_events if event.is_step_success}
        release = [dg.AssetKey(["release", "current"])]
        with dg.execute_job(job, instance, run_config=house.run_config(), asset_selection=release) as by_hand:
            (failure,) = [event for event in by_hand.all_node_events if event.is_step_failure]
    assert "upstream_models" in done
    assert not {"downstream_models", "door_3", "release__current"} & done
    said = failure.step_failure_data.user_failure_data.description
    assert said.startswith(f"build {house.build_id()} was refused at door 2 and stays refused: F05 failed in ")
    assert house.releases_on_disk() == before


def test_killed_again_and_again__the_release_stays_whole_and_the_next_night_works(house):
    first = house.current()
    house.move_line_items(Decimal("100.00"))
    for moment, files in MOMENTS.items():
        kill_when_new(house, files)
        assert house.current() == first, moment
        assert house.served("select count(*) > 0 from fct_metric_value") == [(True,)]
    summary, code = house.refresh()
    assert (summary.outcome, code) == ("released", 0), summary.reason
    assert house.current() == summary.release_id != first
    assert not list(house.home.releases.glob(".draft-*"))


def kill_when_new(house: House, files: str) -> None:
    """Start a night and end it with SIGKILL once it writes such a file, or some hundredths of a second later."""
    before = seen(house, files)
    child = start_refresh(house)
    until = time.monotonic() + LONGEST
    while not seen(house, files) - before:
        assert child.is_alive(), f"the night ended before it wrote {files}"
        assert time.monotonic() < until, f"the night never wrote {files}"
        time.sleep(0.002)
    time.sleep(random.Random(files).random() / 20)  # noqa: S311 - a moment, not a secret
    child.kill()
    child.join()
    assert child.exitcode == -signal.SIGKILL


def seen(house: House, files: str) -> set[tuple[str, int]]:
    """The files that there are now; one that is written anew is another file."""
    return {(path.name, path.stat().st_ino) for path in house.home.path.glob(files)}
