"""The build and the release, step by step, as plain functions; Dagster's assets are thin wrappers around them.

Belongs here: the order in which the rooms are called, the lock around each step, the one repetition that door 2 may
ask for, and what each step notes in the night's record. Does not belong here: landing and door 1 (``intake``), what a
room does, and Dagster.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import duckdb

from expectations.blame import are_few
from expectations.content_hash import quoted
from expectations.doors import DoorResult, door_2, door_3, recall_door_2
from expectations.receipts import read_receipt
from expectations.rules import load_registry
from ingestion.admission import hold
from ingestion.build_inputs import BuildInputs, finish_build, load_inputs, prepare_build
from ingestion.code_hash import hash_code
from ingestion.compiled_configuration import CompiledConfiguration
from ingestion.configuration import compile_configuration
from ingestion.home import Home
from ingestion.left_out import leave_out, reopen_judged_otherwise
from ingestion.night_record import record_night
from ingestion.published_figures import list_publications
from ingestion.selection import last_held
from orchestration.dbt_runner import DOWNSTREAM, UPSTREAM, DbtOutcome, DbtRunner
from orchestration.warehouse import Warehouse
from publishing.freezing import PublicationRefused, find_due, make_publication
from publishing.release import Release, current_release_id, publish
from publishing.restatement import find_earlier
from publishing.targets.follow import TargetOutcome, follow_current

NOT_MODELS = ("landing", "build", "collaborative")
"""Schemas of the build file that dbt reads and does not build."""
MEMORY = "256MB"
"""What counting a build's rows holds at once."""

LEFT_OUT = "Left out, as what was released fails now and nothing new is there to hold instead."
"""Begins the reason where nothing serves a district any more."""

NAMED = 5
"""Held domains that a message names."""

NOTHING_TO_BUILD = {
    "released": "the current release is made of exactly this",
    "rolled_back": "somebody went back from the release that is made of exactly this; it waits for other inputs",
}
"""Why a night ends before it builds, by what a build already is."""


class NightRefused(Exception):
    """A gate said no, or there is nothing that this step could work on; nothing new is released."""


@dataclass(frozen=True)
class ModelsBuilt:
    """One half of the build: dbt's outcome, the door's result (None when dbt failed), rows per (schema, model)."""

    dbt: DbtOutcome
    door: DoorResult | None
    rows: dict[tuple[str, str], int]


def prepare(warehouse: Warehouse, as_of: date | None = None) -> BuildInputs:
    """Fix what tonight's build is made of and lay out its file.

    What door 2 holds is judged again where the rules are others now.

    Raises:
        NightRefused: a door refused exactly this build before, and few districts alone are not to blame.
    """
    with warehouse.home.lock():
        _publish_what_is_due(warehouse)
        compiled = compile_configuration(warehouse.collaborative, warehouse.home)
        reopen_judged_otherwise(warehouse.home, warehouse.ledger, hash_code(), compiled.config_hash)
    return _prepare(warehouse, compiled, as_of)


def _prepare(warehouse: Warehouse, compiled: CompiledConfiguration, as_of: date | None) -> BuildInputs:
    home, ledger, collaborative = warehouse.home, warehouse.ledger, warehouse.collaborative
    with home.lock():
        earlier = find_earlier(home)
        inputs = prepare_build(home, ledger, collaborative, compiled, as_of, earlier)
        while inputs.already == "refused" and _hold_as_then(warehouse, inputs):
            inputs = prepare_build(home, ledger, collaborative, compiled, as_of, earlier)
    record_night(warehouse.home, build_id=inputs.build_id, as_of=str(inputs.as_of or ""))
    if inputs.already in NOTHING_TO_BUILD:
        record_night(warehouse.home, nothing_to_build=NOTHING_TO_BUILD[inputs.already])
    if inputs.already == "refused":
        raise NightRefused(_refused_before(warehouse, inputs.build_id))
    if not inputs.n_slots:
        raise NightRefused(_nothing_admitted(warehouse))
    return inputs


def _publish_what_is_due(warehouse: Warehouse) -> None:
    """Freeze the released figures if a date of the calendar has come; else what others have seen stays as it is."""
    home, collaborative = warehouse.home, warehouse.collaborative
    occasion = find_due(collaborative, list_publications(home), collaborative.today())
    if occasion is None or current_release_id(home) is None:
        return
    try:
        made = make_publication(home, warehouse.ledger, collaborative, occasion)
    except PublicationRefused as refusal:
        record_night(home, publication_refused=str(refusal))
    else:
        record_night(home, publication_id=made.publication_id, publication_withheld=made.withheld)


def build_upstream(warehouse: Warehouse, runner: DbtRunner) -> ModelsBuilt:
    """Build staging, conformed and measures; let door 2 judge; hold whom it blames and build again.

    Once for what is new of a district, and once more where what the last release holds of it fails too.
    """
    inputs = _prepared(warehouse)
    built = _build_and_judge(warehouse, inputs, runner)
    while built.door is not None and not built.door.passed:
        with warehouse.home.lock():
            held = _hold_few(warehouse, built.door)
            compiled = compile_configuration(warehouse.collaborative, warehouse.home)
        if not held:
            break
        built = _build_and_judge(warehouse, _prepare(warehouse, compiled, inputs.as_of), runner)
    return built


def build_downstream(warehouse: Warehouse, runner: DbtRunner) -> ModelsBuilt:
    """Build the tall fact, the marts and the shared models behind door 2, and let door 3 judge them.

    Raises:
        NightRefused: door 2 has not passed this very build.
    """
    inputs = _prepared(warehouse)
    receipt = read_receipt(warehouse.home, inputs.build_id, "door_2")
    if receipt is None or not receipt.passed:
        raise NightRefused(f"door 2 has not passed build {inputs.build_id}: the marts are not built")
    with warehouse.home.lock():
        outcome = _build(warehouse, inputs, runner, DOWNSTREAM)
        door = door_3(warehouse.home, warehouse.ledger, inputs, warehouse.collaborative) if outcome.success else None
        rows = count_rows(warehouse.home)
        if door is not None and door.passed:
            finish_build(warehouse.home, warehouse.ledger, inputs)
    _record_door(warehouse.home, "door_3", outcome, door)
    return ModelsBuilt(outcome, door, rows)


def release(warehouse: Warehouse) -> Release:
    """Publish the build that the receipts name.

    Raises:
        NightRefused: nothing was ever prepared.
        ReleaseRefused: a receipt is missing, failed, or does not bind what would be published.
    """
    inputs = _prepared(warehouse)
    with warehouse.home.lock():
        published = publish(warehouse.home, warehouse.ledger, inputs.build_id, warehouse.collaborative)
    restated = published.restated if published.is_new else None
    record_night(warehouse.home, release_id=published.release_id, restated=restated, refused=None, failure=None)
    return published


def copy_to_targets(warehouse: Warehouse) -> tuple[TargetOutcome, ...]:
    """Let every target have the release that is current: made tonight, or one that a target has not had yet."""
    home, collaborative = warehouse.home, warehouse.collaborative
    with home.lock():
        outcomes = follow_current(home, collaborative.targets, collaborative.id)
    record_night(home, targets=[asdict(outcome) for outcome in outcomes])
    return outcomes


def count_rows(home: Home) -> dict[tuple[str, str], int]:
    """Rows of every table in the build at work and of the marts that are views, by (schema, name).

    Other views are not counted: that would add up landed rows once more for a number that nobody asked for.
    """
    if not home.build_file.exists():
        return {}
    settings = {"threads": 1, "memory_limit": MEMORY, "temp_directory": str(home.work / "rows.spill")}
    with duckdb.connect(str(home.build_file), read_only=True, config=settings) as connection:
        relations = connection.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_type = 'BASE TABLE' or table_schema = 'marts'"
        ).fetchall()
        return {
            (schema, name): connection.execute(f"select count(*) from {quoted(schema, name)}").fetchall()[0][0]
            for schema, name in relations
            if schema not in NOT_MODELS
        }


def _build_and_judge(warehouse: Warehouse, inputs: BuildInputs, runner: DbtRunner) -> ModelsBuilt:
    with warehouse.home.lock():
        outcome = _build(warehouse, inputs, runner, UPSTREAM)
        door = door_2(warehouse.home, warehouse.ledger, inputs, warehouse.collaborative) if outcome.success else None
        rows = count_rows(warehouse.home)
    _record_door(warehouse.home, "door_2", outcome, door)
    return ModelsBuilt(outcome, door, rows)


def _build(warehouse: Warehouse, inputs: BuildInputs, runner: DbtRunner, select: tuple[str, ...]) -> DbtOutcome:
    return runner.build(
        warehouse.home,
        select,
        from_nothing=inputs.from_nothing,
        changed=inputs.changed,
        without_rows=inputs.without_rows,
        slices=max(inputs.slices, default=1),
    )


def _hold_as_then(warehouse: Warehouse, inputs: BuildInputs) -> bool:
    """Hold whom door 2 blamed when it refused this very build: nothing has to be built to know it."""
    door = recall_door_2(warehouse.ledger, inputs.build_id)
    return door is not None and bool(_hold_few(warehouse, door))


def _hold_few(warehouse: Warehouse, door: DoorResult) -> list[dict[str, Any]]:
    """Hold whom door 2 blames; nobody where more than few are at fault, or a rule could not run."""
    may_be = door.blamed and not door.could_not_run
    few = may_be and are_few(warehouse.ledger, warehouse.collaborative, door.blamed)
    return _hold_blamed(warehouse, door) if few else []


def _hold_blamed(warehouse: Warehouse, door: DoorResult) -> list[dict[str, Any]]:
    """Hold each district by the rules that it fails itself: a waiver of these, and no other, lets it come up again.

    What is new of it; where nothing is, what the last release holds of it is left out, in the domains and years that
    fail.
    """
    told = dict(zip(door.failed, door.messages, strict=True))
    by_rules: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for district in door.blamed:
        by_rules[door.failed_by(district)].add(district)
    home, ledger = warehouse.home, warehouse.ledger
    waivable = {rule.id for rule in load_registry().expected(2) if rule.waivable}
    rows: list[dict[str, Any]] = []
    for rules, districts in sorted(by_rules.items()):
        rule_id, reason = ", ".join(rules), "; ".join(told[rule] for rule in rules)
        held = hold(home, ledger, districts, rule_id, reason)
        rows += held
        for district in sorted(districts - {row["district_id"] for row in held}):
            rows += leave_out(
                home, ledger, district, door.places_of(district, waivable), rule_id, f"{LEFT_OUT} {reason}"
            )
    return rows


def _prepared(warehouse: Warehouse) -> BuildInputs:
    inputs = load_inputs(warehouse.home)
    if inputs is None:
        raise NightRefused("nothing is prepared to build: materialize landing/selection first")
    return inputs


def _refused_before(warehouse: Warehouse, build_id: str) -> str:
    build = warehouse.ledger.build(build_id) or {}
    return (
        f"build {build_id} was refused at door {build.get('refused_at_door')} and stays refused "
        f"({build.get('reason')}): data, mapping or rule must be corrected first"
    )


def _nothing_admitted(warehouse: Warehouse) -> str:
    held = {
        f"{row['district_id']} {row['domain']} {row['school_year']} by {row['rule_id'] or 'hand'}"
        for row in last_held(warehouse.ledger)
    }
    why = f"held are {', '.join(sorted(held)[:NAMED])}{' and others' if len(held) > NAMED else ''}" if held else ""
    return f"nothing is admitted, so there is nothing to build{': ' if why else ''}{why}; 'schoolstat status' says more"


def _record_door(home: Home, name: str, outcome: DbtOutcome, door: DoorResult | None) -> None:
    if door is None:
        messages: list[Any] = [f"dbt: {node}" for node in outcome.failed()] or [f"dbt: {outcome.error_class}"]
        record_night(home, **{name: {"result": "could not run", "messages": messages}})
        return
    word = "passed" if door.passed else "could not run" if door.could_not_run else "failed"
    record_night(home, **{name: {"result": word, "messages": [*door.messages, *door.standing]}})
    if not door.passed:
        record_night(home, refused=f"{name.replace('_', ' ')} refused the build: {'; '.join(door.messages)}")
