"""The inbox sensor: what arrives is landed soon, and built once the inbox has come to rest.

Belongs here: when a look at the inbox leads to a run, and what the sensor remembers between two looks. Does not belong
here: reading or judging files; no file is opened here, sizes and times say enough. What only a reading could notice
(a corrected mapping, a manifest that came later) waits for the night.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from ingestion.configuration import Collaborative
from ingestion.home import Home
from ingestion.inbox import InboxError, NewFile, list_new_files
from ingestion.ledger import Ledger, open_ledger
from ingestion.selection import current_selection, hash_selection
from orchestration.jobs import INTAKE, NIGHTLY
from orchestration.resources import WarehouseResource

Clock = Callable[[], datetime]
SECONDS_BETWEEN_LOOKS = 60
AT_WORK = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


@dataclass(frozen=True)
class Memory:
    """What one look leaves for the next.

    Attributes:
        files: fingerprint of the new files that stood there; empty when there were none.
        since: when that last changed, as ISO text; empty before the first look.
        requested: when an intake of exactly these files was last asked for; empty when never.
    """

    files: str = ""
    since: str = ""
    requested: str = ""

    @classmethod
    def load(cls, cursor: str | None) -> Memory:
        """The memory that a cursor holds."""
        return cls(**json.loads(cursor)) if cursor else cls()

    def dump(self) -> str:
        """The cursor that holds the memory."""
        return json.dumps(asdict(self))

    def look(self, new: Sequence[NewFile], now: datetime) -> Memory:
        """The memory after a look; what changed since the last one starts the clock anew."""
        files = hashlib.sha256(json.dumps(new).encode()).hexdigest()[:20] if new else ""
        return self if self.since and files == self.files else Memory(files, now.isoformat())

    def asked(self, now: datetime) -> Memory:
        """The memory after an intake was asked for."""
        return replace(self, requested=now.isoformat())


def build_inbox_sensor(
    collaborative: Collaborative, jobs: Sequence[Any], clock: Clock = lambda: datetime.now(UTC)
) -> dg.SensorDefinition:
    """The sensor ``inbox``, stopped until somebody starts it.

    Args:
        collaborative: whose mappings say which files are meant for the warehouse.
        jobs: the jobs ``intake`` and ``nightly``.
        clock: the time at which a look takes place.
    """
    quiet = timedelta(minutes=collaborative.quiet_minutes)

    @dg.sensor(
        name="inbox",
        jobs=list(jobs),
        minimum_interval_seconds=SECONDS_BETWEEN_LOOKS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Lands and admits what arrives, and builds when nothing has arrived for "
        f"{collaborative.quiet_minutes} minutes (quiet_minutes of collaborative.yaml).",
    )
    def inbox(context: dg.SensorEvaluationContext, warehouse: WarehouseResource) -> dg.SensorResult:
        home, now, last = warehouse.resolved_home(), clock(), Memory.load(context.cursor)
        with closing(open_ledger(home)) as ledger:
            try:
                new = list_new_files(ledger, collaborative.mappings, warehouse.resolved_inbox(), home.incoming)
            except InboxError as error:
                return dg.SensorResult(skip_reason=str(error), cursor=last.dump())
            memory = last.look(new, now)
            if _is_working(context.instance):
                return dg.SensorResult(skip_reason="a run is at work; it comes first", cursor=memory.dump())
            if new and _is_intake_due(last, memory, now, quiet):
                request = dg.RunRequest(run_key=f"intake-{memory.files}-{now.isoformat()}", job_name=INTAKE)
                return dg.SensorResult(run_requests=[request], cursor=memory.asked(now).dump())
            if now - datetime.fromisoformat(memory.since) < quiet:
                return dg.SensorResult(skip_reason="the inbox is not quiet yet", cursor=memory.dump())
            run_key = name_unbuilt(home, ledger, collaborative)
        if run_key is None:
            return dg.SensorResult(skip_reason="everything admitted is built", cursor=memory.dump())
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key, job_name=NIGHTLY)], cursor=memory.dump())

    return inbox


def _is_intake_due(last: Memory, memory: Memory, now: datetime, quiet: timedelta) -> bool:
    """Whether the new files have stopped changing, and were not asked for just now (a failed intake is tried again)."""
    if last.files != memory.files:
        return False
    return not memory.requested or now - datetime.fromisoformat(memory.requested) >= quiet


def _is_working(instance: dg.DagsterInstance) -> bool:
    """Whether a run is under way or waits for its turn: two would meet at the home's lock."""
    return bool(instance.get_runs_count(dg.RunsFilter(statuses=AT_WORK)))


def name_unbuilt(home: Home, ledger: Ledger, collaborative: Collaborative) -> str | None:
    """The key of the run that would build what is admitted; None when that was released already.

    The key names the selection and the release that it follows, so that a selection is asked for once. A release that
    somebody rolled back is not built again by itself.
    """
    selection = current_selection(ledger, roster=collaborative.district_ids)
    wanted = hash_selection(selection)
    served = ledger.released_build(home.current_release)
    releases = ledger.releases()
    last = ledger.build(releases[-1]["build_id"]) if releases else None
    if not selection.num_rows or wanted in {build["selection_hash"] for build in (served, last) if build}:
        return None
    return f"build-{wanted[:20]}-after-{served['build_id'] if served else 'nothing'}"
