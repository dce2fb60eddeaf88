"""When a look at the inbox leads to a run; the time of each look is given, no clock is read."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from ingestion.configuration import load_collaborative
from ingestion.home import Home
from ingestion.ledger import open_ledger
from orchestration.intake import land_and_admit
from orchestration.jobs import build_intake_job, build_nightly_job
from orchestration.resources import WarehouseResource
from orchestration.sensors import build_inbox_sensor, name_unbuilt
from orchestration.warehouse import Warehouse
from synthetic.state_files import FUNCTIONS_FILE, write_state_files
from tests.ingestion.small_deliveries import Place

QUIET_MINUTES = 30


class Watch:
    """The sensor on one inbox, looked at minute by minute."""

    def __init__(self, folder, demo):
        self.home = Home(folder / "home").ensure()
        self.inbox = folder / "inbox"
        self.inbox.mkdir()
        self.ledger = open_ledger(self.home)
        self.place = Place(self.home, self.ledger, self.inbox)
        self.collaborative = replace(demo, quiet_minutes=QUIET_MINUTES)
        self.now = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
        self.cursor = None
        self.instance = dg.DagsterInstance.ephemeral()
        jobs = [build_intake_job(dg.in_process_executor), build_nightly_job(dg.in_process_executor, [])]
        self.sensor = build_inbox_sensor(self.collaborative, jobs, lambda: self.now)

    def look(self, minutes=1):
        """What the sensor asks for after so many minutes: (job, run key), or why nothing."""
        self.now += timedelta(minutes=minutes)
        warehouse = WarehouseResource(home=str(self.home.path), inbox=str(self.inbox))
        with dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources={"warehouse": warehouse}
        ) as context:
            result = self.sensor(context)
        self.cursor = result.cursor
        if result.run_requests:
            (request,) = result.run_requests
            return request.job_name, request.run_key
        return result.skip_reason.skip_message

    def land(self):
        """The intake job's work."""
        return land_and_admit(Warehouse(self.home, self.collaborative, self.ledger, self.inbox))

    def release(self, build_id):
        """A release of what is admitted now."""
        from ingestion.selection import current_selection, hash_selection

        selection_hash = hash_selection(current_selection(self.ledger))
        self.ledger.start_build(build_id, selection_hash, "code", "configuration", self.now.date())
        self.place.release(build_id)


@pytest.fixture(scope="module")
def demo(repository):
    return load_collaborative(repository / "collaboratives" / "demo")


@pytest.fixture
def watch(tmp_path, demo):
    watch = Watch(tmp_path, demo)
    yield watch
    watch.ledger.close()
    watch.instance.dispose()


def touch(path):
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))


def test_an_empty_inbox_asks_for_nothing(watch):
    looks = [watch.look() for _ in range(QUIET_MINUTES + 2)]
    assert set(looks) == {"the inbox is not quiet yet", "everything admitted is built"}


def test_a_missing_inbox_is_said_and_not_raised(watch):
    watch.inbox.rmdir()
    assert "is not a folder" in watch.look()


def test_a_file_is_landed_once_it_has_stopped_changing(watch):
    watch.look()
    write_state_files(watch.inbox)
    assert watch.look() == "the inbox is not quiet yet"
    touch(watch.inbox / FUNCTIONS_FILE)
    assert watch.look() == "the inbox is not quiet yet"
    job, run_key = watch.look()
    assert job == "intake"
    assert run_key.startswith("intake-")
    assert watch.look() == "the inbox is not quiet yet"


def test_files_without_a_mapping_wake_nobody(watch):
    (watch.inbox / "read me.txt").write_text("hello", encoding="utf-8")
    assert {watch.look(10) for _ in range(5)} == {"the inbox is not quiet yet", "everything admitted is built"}


def test_no_file_is_opened(watch, monkeypatch):
    write_state_files(watch.inbox)
    watch.look()
    for reader in ("hash_file", "read_what_is_said"):
        monkeypatch.setattr(f"ingestion.inbox_pass.{reader}", lambda path, *_: pytest.fail(f"{path.name} was read"))
    assert watch.look()[0] == "intake"


def test_an_intake_that_failed_is_asked_for_again_after_a_while_under_another_key(watch):
    write_state_files(watch.inbox)
    watch.look()
    first = watch.look()
    between = [watch.look(10) for _ in range(2)]
    again = watch.look(10)
    assert between == ["the inbox is not quiet yet"] * 2
    assert (first[0], again[0]) == ("intake", "intake")
    assert first[1] != again[1]


def test_what_is_admitted_is_built_when_the_inbox_is_quiet_and_once(watch):
    write_state_files(watch.inbox)
    watch.look()
    watch.look()
    intake = watch.land()
    assert not intake.held()
    assert watch.look(QUIET_MINUTES - 1) == "the inbox is not quiet yet"
    assert watch.look(1) == "the inbox is not quiet yet"
    build = watch.look(QUIET_MINUTES - 1)
    assert build[0] == "nightly"
    assert watch.look(60) == build
    watch.release("build-1")
    assert watch.look() == "everything admitted is built"


def test_a_new_file_starts_the_quiet_time_anew(watch):
    write_state_files(watch.inbox)
    watch.land()
    watch.look()
    watch.look(QUIET_MINUTES - 1)
    touch(watch.inbox / FUNCTIONS_FILE)
    assert watch.look() == "the inbox is not quiet yet"
    assert watch.look()[0] == "intake"


def test_a_run_at_work_comes_first(watch):
    write_state_files(watch.inbox)
    watch.look()
    run = dg.DagsterRun(job_name="nightly", status=dg.DagsterRunStatus.STARTED)
    watch.instance.add_run(run)
    assert watch.look() == "a run is at work; it comes first"
    watch.instance.delete_run(run.run_id)
    assert watch.look()[0] == "intake"


def test_another_selection_after_another_release_has_another_key(watch):
    one = "90010000"
    watch.place.deliver({one: ["1.00"]})
    watch.place.judge()
    first = name_unbuilt(watch.home, watch.ledger, watch.collaborative)
    assert first == name_unbuilt(watch.home, watch.ledger, watch.collaborative)
    watch.release("build-1")
    assert name_unbuilt(watch.home, watch.ledger, watch.collaborative) is None
    watch.place.deliver({one: ["2.00"]})
    watch.place.judge()
    second = name_unbuilt(watch.home, watch.ledger, watch.collaborative)
    assert None is not second != first


def test_a_release_that_was_rolled_back_is_not_built_again_by_itself(watch):
    watch.place.deliver({"90010000": ["1.00"]})
    watch.place.judge()
    watch.release("build-1")
    watch.place.deliver({"90010000": ["2.00"]})
    watch.place.judge()
    watch.release("build-2")
    watch.home.current_release.unlink()
    watch.home.current_release.symlink_to("r-build-1")
    assert name_unbuilt(watch.home, watch.ledger, watch.collaborative) is None


def test_the_sensor_is_off_until_somebody_starts_it(watch):
    assert watch.sensor.default_status is dg.DefaultSensorStatus.STOPPED
    assert sorted(job.name for job in watch.sensor.jobs) == ["intake", "nightly"]
