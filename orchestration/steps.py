"""The night, step by step, as plain functions; Dagster's assets are thin wrappers around them.

Belongs here: the order in which the rooms are called, the lock around each step, the one repetition that door 2 may
ask for, and the night's record that the CLI and the UI show. Does not belong here: what a room does, and Dagster.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from expectations.doors import DoorResult, door_1, door_2, door_3
from ingestion.admission import Verdict, hold, record_admissions
from ingestion.build_inputs import BuildInputs, discard_build, finish_build, load_inputs, prepare_build
from ingestion.configuration import Collaborative, compile_configuration
from ingestion.home import Home, write_atomically
from ingestion.inbox import InboxResult, process_inbox
from ingestion.ledger import Ledger
from orchestration.dbt_runner import DOWNSTREAM, UPSTREAM, DbtOutcome, DbtRunner
from publishing.release import Release, publish


class NightRefused(Exception):
    """A gate said no, or there is nothing that this step could work on; nothing new is released."""


@dataclass(frozen=True)
class Warehouse:
    """An opened home: its folders, the collaborative's configuration, the ledger and the inbox."""

    home: Home
    collaborative: Collaborative
    ledger: Ledger
    inbox: Path


@dataclass(frozen=True)
class Intake:
    """What arrived, and what door 1 said about each (district, domain, school year)."""

    inbox: InboxResult
    verdicts: tuple[Verdict, ...]

    def held(self) -> list[Verdict]:
        """Verdicts that keep a district's domain on its last admitted slots."""
        return [verdict for verdict in self.verdicts if not verdict.admitted]


def land_and_admit(
    warehouse: Warehouse, districts: Iterable[str] | None = None, years: Iterable[int] | None = None
) -> Intake:
    """Land what is new in the inbox, judge it at door 1, and record who is admitted.

    Args:
        warehouse: the opened home.
        districts: only these districts' slots; None for all.
        years: only these school years; None for all.
    """
    with warehouse.home.lock():
        result = process_inbox(
            warehouse.home,
            warehouse.ledger,
            warehouse.collaborative,
            warehouse.inbox,
            districts=set(districts) if districts else None,
            years=set(years) if years else None,
        )
        verdicts = door_1(warehouse.home, warehouse.ledger, warehouse.collaborative)
        record_admissions(warehouse.home, warehouse.ledger, verdicts)
    intake = Intake(result, tuple(verdicts))
    start_night(warehouse.home, inbox=[asdict(outcome) for outcome in result.files], verdicts=_plain(verdicts))
    return intake


def prepare(warehouse: Warehouse, as_of: date | None = None) -> BuildInputs:
    """Fix what tonight's build is made of and lay out its file.

    Raises:
        NightRefused: a door refused exactly this build before; the same inputs cannot pass.
    """
    with warehouse.home.lock():
        compiled = compile_configuration(warehouse.collaborative, warehouse.home)
        inputs = prepare_build(warehouse.home, warehouse.ledger, warehouse.collaborative, compiled, as_of=as_of)
    record_night(warehouse.home, build={"build_id": inputs.build_id, "already": inputs.already})
    if inputs.already == "refused":
        raise NightRefused(_refused_before(warehouse, inputs.build_id))
    return inputs


def build_upstream(warehouse: Warehouse, runner: DbtRunner) -> tuple[DbtOutcome, DoorResult | None]:
    """Build staging, conformed and measures; let door 2 judge; hold whom it blames and build once more.

    Returns:
        dbt's outcome and door 2's result (None when dbt itself failed).
    """
    inputs = _prepared(warehouse)
    outcome, door = _build_and_judge(warehouse, inputs, runner)
    if door is None or door.passed or not _few_to_blame(warehouse, inputs, door):
        return outcome, door
    with warehouse.home.lock():
        for rule_id in sorted(door.failed):
            hold(warehouse.home, warehouse.ledger, door.blamed, rule_id, inputs.build_id)
    record_night(warehouse.home, held_at_door_2=sorted(door.blamed))
    inputs = prepare(warehouse, as_of=inputs.as_of)
    return _build_and_judge(warehouse, inputs, runner)


def build_downstream(warehouse: Warehouse, runner: DbtRunner) -> tuple[DbtOutcome, DoorResult | None]:
    """Build the tall fact, the marts and the shared models behind door 2, and let door 3 judge them.

    Raises:
        NightRefused: door 2 has not passed this very build.
    """
    inputs = _prepared(warehouse)
    _require_door_2(warehouse, inputs)
    with warehouse.home.lock():
        outcome = runner.build(warehouse.home, DOWNSTREAM, full_refresh=False)
        door = door_3(warehouse.home, warehouse.ledger, inputs, warehouse.collaborative) if outcome.success else None
        if door is not None and door.passed:
            finish_build(warehouse.home, warehouse.ledger, inputs)
    _record_door(warehouse.home, "door_3", outcome, door)
    return outcome, door


def release(warehouse: Warehouse) -> Release:
    """Publish the build that the receipts name.

    Raises:
        ReleaseRefused: a receipt is missing, failed, or does not bind what would be published.
    """
    inputs = _prepared(warehouse)
    with warehouse.home.lock():
        published = publish(warehouse.home, warehouse.ledger, inputs.build_id, warehouse.collaborative)
    record_night(warehouse.home, release_id=published.release_id)
    return published


def _build_and_judge(
    warehouse: Warehouse, inputs: BuildInputs, runner: DbtRunner
) -> tuple[DbtOutcome, DoorResult | None]:
    with warehouse.home.lock():
        outcome = runner.build(warehouse.home, UPSTREAM, full_refresh=inputs.from_nothing)
        door = door_2(warehouse.home, warehouse.ledger, inputs, warehouse.collaborative) if outcome.success else None
        if not outcome.success:
            discard_build(warehouse.home)
    _record_door(warehouse.home, "door_2", outcome, door)
    return outcome, door


def _few_to_blame(warehouse: Warehouse, inputs: BuildInputs, door: DoorResult) -> bool:
    """Whether holding the blamed districts is allowed: every failure names districts, and they are few."""
    served = {district for district, _ in inputs.districts_served}
    share = warehouse.collaborative.thresholds["door_2_blame_share"]
    return bool(door.blamed) and not door.could_not_run and len(door.blamed) <= share * len(served)


def _prepared(warehouse: Warehouse) -> BuildInputs:
    inputs = load_inputs(warehouse.home)
    if inputs is None:
        raise NightRefused("nothing is prepared to build: materialize landing/selection first")
    return inputs


def _require_door_2(warehouse: Warehouse, inputs: BuildInputs) -> None:
    from expectations.receipts import read_receipt

    receipt = read_receipt(warehouse.home, inputs.build_id, "door_2")
    if receipt is None or not receipt.passed:
        raise NightRefused(f"door 2 has not passed build {inputs.build_id}: the marts are not built")


def _refused_before(warehouse: Warehouse, build_id: str) -> str:
    build = warehouse.ledger.build(build_id)
    reason = f"{build.refused_at_door}: {build.reason}" if build else "refused"
    return f"build {build_id} was refused and stays refused ({reason}); a correction of data, mapping or rule is needed"


def start_night(home: Home, **sections: Any) -> None:
    """Begin the night's record anew with these sections."""
    _write_night(home, sections)


def record_night(home: Home, **sections: Any) -> None:
    """Add sections to the night's record."""
    _write_night(home, {**read_night(home), **sections})


def read_night(home: Home) -> dict[str, Any]:
    """The last night's record: inbox, verdicts, build, doors, release_id; empty before the first night."""
    path = home.work / "night.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _write_night(home: Home, content: dict[str, Any]) -> None:
    write_atomically(home.work / "night.json", json.dumps(content, indent=1, default=str) + "\n")


def _record_door(home: Home, name: str, outcome: DbtOutcome, door: DoorResult | None) -> None:
    record = {"passed": False, "messages": [f"dbt: {node}" for node in outcome.failed()] or [outcome.error_class]}
    if door is not None:
        record = {"passed": door.passed, "messages": list(door.messages)}
    record_night(home, **{name: record})


def _plain(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    return [asdict(verdict) for verdict in verdicts]


Step = Callable[[Warehouse, DbtRunner], tuple[DbtOutcome, DoorResult | None]]
