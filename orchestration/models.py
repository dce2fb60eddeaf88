"""dbt's models as two assets with a door behind each.

Belongs here: yielding dbt's outcome as outputs and checks, and the blocking door checks. One ``@dbt_assets`` with a
door inside would build the marts whatever the door says; hence two. Does not belong here: what dbt or a door does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from expectations.quality_page import page_path
from ingestion.night_record import read_night
from orchestration.dbt_runner import DOWNSTREAM, MANIFEST, UPSTREAM, DbtRunner
from orchestration.failures import sanitized
from orchestration.resources import WarehouseResource
from orchestration.steps import ModelsBuilt, build_downstream, build_upstream
from orchestration.translator import LayerTranslator
from orchestration.warehouse import Warehouse

RUNNER = DbtRunner()
PASSED = {"success", "pass"}


@dataclass(frozen=True)
class ModelAssets:
    """The two dbt assets, and the door behind each."""

    assets: tuple[dg.AssetsDefinition, ...]
    doors: tuple[dg.AssetChecksDefinition, ...]

    def keys(self, *layers: str) -> list[dg.AssetKey]:
        """Keys of the models in these layers, sorted."""
        return sorted(key for asset in self.assets for key in asset.keys if key.path[0] in layers)


def build_model_assets(owners: tuple[str, ...]) -> ModelAssets:
    """Make the assets and doors from dbt's manifest.

    Raises:
        FileNotFoundError: the manifest was never made.
    """
    if not MANIFEST.exists():
        raise FileNotFoundError(f"{MANIFEST} is missing: run `make install` (or `schoolstat prepare`) first")
    translator = LayerTranslator(owners)
    upstream = _build_dbt_asset("upstream_models", UPSTREAM, translator, build_upstream)
    downstream = _build_dbt_asset("downstream_models", DOWNSTREAM, translator, build_downstream)
    models = ModelAssets((upstream, downstream), ())
    door_2 = _build_door("door_2", models.keys("measures"), "Rules across the collaborative.")
    door_3 = _build_door("door_3", models.keys("marts", "shared"), "Suites over what may be released.")
    return replace(models, doors=(door_2, door_3))


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
    """Outputs of the models, each after what it reads, then their tests' results."""
    keys = {spec.metadata["dagster_dbt/unique_id"]: spec.key for spec in context.assets_def.specs}
    nodes = built.dbt.nodes
    told: dict[str, dict[str, Any]] = {unique_id: {"unchanged": True} for unique_id in built.dbt.unchanged}
    told |= {node.unique_id: {"seconds": node.seconds} for node in nodes.values() if node.status in PASSED}
    metadata_of = {keys[unique_id]: metadata for unique_id, metadata in told.items() if unique_id in keys}
    for key in TopologicalSorter(context.assets_def.asset_deps).static_order():
        metadata = metadata_of.get(key)
        if metadata is not None:
            rows = built.rows.get((key.path[0], key.path[1]))
            yield dg.Output(
                None,
                output_name=context.assets_def.get_output_name_for_asset_key(key),
                metadata=metadata | ({} if rows is None else {"dagster/row_count": rows}),
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


def _build_door(name: str, keys: list[dg.AssetKey], description: str) -> dg.AssetChecksDefinition:
    specs = [dg.AssetCheckSpec(name, asset=key, blocking=True, description=description) for key in keys]

    @dg.multi_asset_check(name=name, specs=specs, can_subset=True)
    def door(context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.AssetCheckResult]:
        home = warehouse.resolved_home()
        record = read_night(home).get(name) or {"result": "not reached", "messages": []}
        for check in sorted(context.selected_asset_check_keys, key=str):
            yield dg.AssetCheckResult(
                passed=record["result"] == "passed",
                asset_key=check.asset_key,
                check_name=name,
                metadata={
                    "result": record["result"],
                    "messages": dg.MetadataValue.md("\n".join(f"- {message}" for message in record["messages"])),
                    "quality_page": dg.MetadataValue.path(str(page_path(home))),
                },
            )

    return door
