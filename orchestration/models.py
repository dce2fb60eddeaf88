"""dbt's models as two assets with a door behind each.

Belongs here: yielding dbt's outcome as outputs and checks, and the blocking door checks. One ``@dbt_assets`` with a
gate inside would build the marts whatever the gate says; hence two. Does not belong here: what dbt or a door does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from expectations.doors import DoorResult
from ingestion.home import Home
from orchestration.dbt_runner import DOWNSTREAM, MANIFEST, UPSTREAM, DbtOutcome, DbtRunner
from orchestration.failures import sanitized
from orchestration.resources import WarehouseResource
from orchestration.steps import Step, Warehouse, build_downstream, build_upstream, read_night
from orchestration.translator import LayerTranslator
from orchestration.warehouse_reads import count_rows

RUNNER = DbtRunner()
PASSED = {"success", "pass"}


def build_model_assets(owners: tuple[str, ...]) -> list[dg.AssetsDefinition | dg.AssetChecksDefinition]:
    """The two dbt assets and the two doors, made from the manifest."""
    if not MANIFEST.exists():
        raise FileNotFoundError(f"{MANIFEST} is missing: run `make install` (or `schoolstat prepare`) first")
    translator = LayerTranslator(owners)
    upstream = _build_dbt_asset("upstream_models", UPSTREAM, translator, build_upstream)
    downstream = _build_dbt_asset("downstream_models", DOWNSTREAM, translator, build_downstream)
    return [
        upstream,
        _build_door("door_2", upstream, "measures", "Collaborative-wide rules over conformed and measure tables."),
        downstream,
        _build_door("door_3", downstream, "marts", "Suites over the marts that are about to be released."),
    ]


def _build_dbt_asset(
    name: str, select: tuple[str, ...], translator: LayerTranslator, step: Step
) -> dg.AssetsDefinition:
    @dbt_assets(manifest=MANIFEST, select=" ".join(select), name=name, dagster_dbt_translator=translator)
    def models(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[Any]:
        home = Home(warehouse.resolved_home())
        with sanitized(name, home):
            opened = warehouse.open()
            outcome, door = step(opened, RUNNER)
        yield from _events(context, opened, outcome)
        _raise_if_failed(name, outcome, door)

    return models


def _events(context: dg.AssetExecutionContext, warehouse: Warehouse, outcome: DbtOutcome) -> Iterator[Any]:
    specs = {spec.key: spec.metadata["dagster_dbt/unique_id"] for spec in context.assets_def.specs}
    built = {key: uid for key, uid in specs.items() if uid in outcome.nodes and outcome.nodes[uid].status in PASSED}
    rows = count_rows(warehouse, [key.path for key in built])
    for key, uid in built.items():
        yield dg.Output(
            None,
            output_name=context.assets_def.get_output_name_for_asset_key(key)
            if hasattr(context.assets_def, "get_output_name_for_asset_key")
            else key.to_python_identifier(),
            metadata={"dagster/row_count": rows[tuple(key.path)], "seconds": outcome.nodes[uid].seconds},
        )
    for check in context.assets_def.check_specs:
        node = outcome.nodes.get(str((check.metadata or {}).get("dagster_dbt/unique_id")))
        if node is not None and check.asset_key in built:
            yield dg.AssetCheckResult(
                passed=node.status in PASSED,
                asset_key=check.asset_key,
                check_name=check.name,
                metadata={"status": node.status, "failures": node.failures or 0},
            )


def _raise_if_failed(name: str, outcome: DbtOutcome, door: DoorResult | None) -> None:
    if not outcome.success:
        nodes = ", ".join(outcome.failed()) or outcome.error_class
        raise dg.Failure(description=f"{name}: dbt did not pass: {nodes}", allow_retries=False)
    if door is not None and door.could_not_run:
        raise dg.Failure(
            description=f"{name}: rules could not run: {', '.join(sorted(door.could_not_run))}", allow_retries=False
        )


def _build_door(
    name: str, models: dg.AssetsDefinition, layer: str, description: str
) -> dg.AssetChecksDefinition:
    keys = sorted(key for key in models.keys if key.path[0] == layer)
    specs = [dg.AssetCheckSpec(name, asset=key, blocking=True, description=description) for key in keys]

    @dg.multi_asset_check(name=name, specs=specs)
    def door(warehouse: WarehouseResource) -> Iterator[dg.AssetCheckResult]:
        record = read_night(Home(warehouse.resolved_home())).get(name) or {"passed": False, "messages": ["did not run"]}
        for key in keys:
            yield dg.AssetCheckResult(
                passed=bool(record["passed"]),
                asset_key=key,
                check_name=name,
                metadata={"messages": dg.MetadataValue.md("\n".join(f"- {m}" for m in record["messages"]) or "passed")},
            )

    return door


ModelStep = Callable[[Warehouse, DbtRunner], tuple[DbtOutcome, DoorResult | None]]
