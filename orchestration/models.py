"""dbt's models as two assets with a door behind each.

Belongs here: yielding dbt's outcome as outputs and checks, and the blocking door checks. One ``@dbt_assets`` with a
gate inside would build the marts whatever the gate says; hence two. Does not belong here: what dbt or a door does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from ingestion.night_record import read_night
from orchestration.dbt_runner import DOWNSTREAM, MANIFEST, UPSTREAM, DbtRunner
from orchestration.failures import sanitized
from orchestration.resources import WarehouseResource
from orchestration.steps import ModelsBuilt, Warehouse, build_downstream, build_upstream
from orchestration.translator import LayerTranslator

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
    name: str,
    select: tuple[str, ...],
    translator: LayerTranslator,
    step: Callable[[Warehouse, DbtRunner], ModelsBuilt],
) -> dg.AssetsDefinition:
    @dbt_assets(manifest=MANIFEST, select=" ".join(select), name=name, dagster_dbt_translator=translator)
    def models(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[Any]:
        with sanitized(name, warehouse.resolved_home()):
            built = step(warehouse.open(), RUNNER)
        yield from _events(context, built)
        _raise_if_failed(name, built)

    return models


def _events(context: dg.AssetExecutionContext, built: ModelsBuilt) -> Iterator[Any]:
    """Outputs of the models that dbt built, and the results of the tests on them."""
    nodes = built.dbt.nodes
    for spec in context.assets_def.specs:
        node = nodes.get(spec.metadata["dagster_dbt/unique_id"])
        if node is not None and node.status in PASSED:
            rows = built.rows.get((spec.key.path[0], spec.key.path[1]))
            yield dg.Output(
                None,
                output_name=context.assets_def.get_output_name_for_asset_key(spec.key),
                metadata={"seconds": node.seconds} | ({} if rows is None else {"dagster/row_count": rows}),
            )
    for check in context.assets_def.check_specs:
        node = nodes.get(str((check.metadata or {}).get("dagster_dbt/unique_id")))
        if node is not None and node.status != "skipped":
            yield dg.AssetCheckResult(
                passed=node.status in PASSED,
                asset_key=check.asset_key,
                check_name=check.name,
                metadata={"status": node.status, "failures": node.failures or 0},
            )


def _raise_if_failed(name: str, built: ModelsBuilt) -> None:
    """Fail the step when dbt did; a door's refusal is said by its blocking check instead."""
    if not built.dbt.success:
        nodes = ", ".join(built.dbt.failed()) or built.dbt.error_class
        raise dg.Failure(description=f"{name}: dbt did not pass: {nodes}", allow_retries=False)


def _build_door(name: str, models: dg.AssetsDefinition, layer: str, description: str) -> dg.AssetChecksDefinition:
    keys = sorted(key for key in models.keys if key.path[0] == layer)
    specs = [dg.AssetCheckSpec(name, asset=key, blocking=True, description=description) for key in keys]

    @dg.multi_asset_check(name=name, specs=specs)
    def door(warehouse: WarehouseResource) -> Iterator[dg.AssetCheckResult]:
        record = read_night(warehouse.resolved_home()).get(name) or {"result": "not reached", "messages": []}
        for key in keys:
            yield dg.AssetCheckResult(
                passed=record["result"] == "passed",
                asset_key=key,
                check_name=name,
                metadata={
                    "result": record["result"],
                    "messages": dg.MetadataValue.md("\n".join(f"- {message}" for message in record["messages"])),
                },
            )

    return door
