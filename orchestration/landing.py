"""From the inbox to the selection, as Dagster sees it.

Belongs here: the inbox asset, one partitioned asset per domain of the districts' own extracts (by district) and per
statewide source (by school year), the compiled configuration and the selection. A materialization says *processed*; the
check ``door_1``, recorded per partition, says *admitted* or *held and why*. Expected faults are results, never
exceptions. Does not belong here: reading, judging or choosing deliveries (``ingestion``, ``expectations``).
"""

from collections.abc import Collection, Iterator
from datetime import date

import dagster as dg
from pydantic import Field

from expectations.quality_page import page_path
from ingestion.configuration import Collaborative, compile_configuration
from ingestion.contract import Contract
from orchestration.docs_link import link_docs
from orchestration.failures import sanitized
from orchestration.intake import Intake, land_and_admit
from orchestration.landed_asset import DOOR_1, LandedAsset, arrange_landed_assets, describe_files
from orchestration.resources import WarehouseResource
from orchestration.steps import NOTHING_TO_BUILD, copy_to_targets, prepare

DOOR_1_MEANING = "Admission of this partition's deliveries: all or nothing per district, domain and school year."


class InboxConfig(dg.Config):
    """What part of the inbox to take; empty means everything.

    Attributes:
        districts: only these districts' slots.
        years: only these school years.
    """

    districts: list[str] = Field(default_factory=list)
    years: list[int] = Field(default_factory=list)


class SelectionConfig(dg.Config):
    """What the build is dated by.

    Attributes:
        as_of: ISO date; empty means the latest ``data_through`` admitted.
    """

    as_of: str = ""


def build_landing_assets(collaborative: Collaborative, contracts: dict[str, Contract]) -> list[dg.AssetsDefinition]:
    """All assets of the group ``landing`` for one collaborative."""
    landed = arrange_landed_assets(collaborative, contracts.values())
    return [
        _build_inbox_asset(collaborative, landed),
        *(_build_landed_asset(asset, landed, collaborative) for asset in landed),
        _build_configuration_asset(collaborative),
        _build_selection_asset(collaborative, [asset.key for asset in landed]),
    ]


def _build_inbox_asset(collaborative: Collaborative, landed: list[LandedAsset]) -> dg.AssetsDefinition:
    @dg.asset(
        key=dg.AssetKey(["landing", "inbox"]),
        group_name="landing",
        kinds={"python", "file"},
        owners=list(collaborative.owners),
        description="Everything that arrived: each file's outcome, rows in = landed + rejected + duplicate.",
    )
    def inbox(
        context: dg.AssetExecutionContext, config: InboxConfig, warehouse: WarehouseResource
    ) -> dg.MaterializeResult:
        with sanitized("landing/inbox", warehouse.resolved_home()):
            intake = land_and_admit(warehouse.open(), districts=config.districts, years=config.years, fetches=True)
        _record_partitions(context, landed, intake)
        page = dg.MetadataValue.path(str(page_path(warehouse.resolved_home())))
        return dg.MaterializeResult(metadata={**describe_files(intake, collaborative), "quality_page": page})

    return inbox


def _record_partitions(
    context: dg.AssetExecutionContext,
    assets: list[LandedAsset],
    intake: Intake,
    besides: Collection[tuple[dg.AssetKey, str]] = (),
) -> None:
    """Record each partition that was filled, whatever the run set out to make, and what door 1 said of it.

    A file that was refused whole fills nothing; that it was refused still stands on its district's partition.

    Args:
        context: the step.
        assets: all landed assets.
        intake: what arrived.
        besides: key and partition of what the step records by itself.
    """
    for asset in assets:
        filled = asset.partitions_filled(intake)
        for partition in asset.partitions_judged(intake):
            if (asset.key, partition) in besides:
                continue
            if partition in filled:
                metadata = asset.describe(intake, partition)
                context.log_event(dg.AssetMaterialization(asset.key, partition=partition, metadata=metadata))
            context.log_event(asset.judge(intake, partition))  # pyright: ignore[reportArgumentType]


def _build_landed_asset(
    asset: LandedAsset, assets: list[LandedAsset], collaborative: Collaborative
) -> dg.AssetsDefinition:
    @dg.asset(
        key=asset.key,
        group_name="landing",
        kinds={"python", "parquet"},
        owners=list(collaborative.owners),
        partitions_def=asset.partitions(collaborative),
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[dg.AssetCheckSpec(DOOR_1, asset=asset.key, description=DOOR_1_MEANING)],
        description="\n\n".join(f"**{contract.title}**: {contract.description}" for contract in asset.contracts),
        metadata={
            **{f"contract_version/{contract.name}": contract.version for contract in asset.contracts},
            "docs": link_docs(collaborative.docs_url, "architecture.md"),
            "dagster/column_schema": asset.column_schema(),
        },
    )
    def landed(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
        wanted = list(context.partition_keys)
        years = [int(key) for key in wanted] if asset.is_statewide else None
        districts = None if asset.is_statewide else wanted
        with sanitized("/".join(asset.key.path), warehouse.resolved_home()):
            intake = land_and_admit(warehouse.open(), districts=districts, years=years)
        for partition in wanted:
            context.add_asset_metadata(asset.describe(intake, partition), partition_key=partition)
            context.log_event(asset.judge(intake, partition))  # pyright: ignore[reportArgumentType]
        _record_partitions(context, assets, intake, besides={(asset.key, partition) for partition in wanted})
        held = [slot for partition in wanted for slot in asset.held_in(intake, partition)]
        result = dg.AssetCheckResult(
            check_name=DOOR_1,
            passed=not held,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"held": len(held), "judged": len(intake.verdicts)},
        )
        return dg.MaterializeResult(check_results=[result])

    return landed


def _build_configuration_asset(collaborative: Collaborative) -> dg.AssetsDefinition:
    @dg.asset(
        key=dg.AssetKey(["landing", "configuration"]),
        group_name="landing",
        kinds={"python", "parquet"},
        owners=list(collaborative.owners),
        description="The collaborative's configuration, validated and compiled under its own hash.",
    )
    def configuration(warehouse: WarehouseResource) -> dg.MaterializeResult:
        with sanitized("landing/configuration", warehouse.resolved_home()):
            opened = warehouse.open()
            compiled = compile_configuration(opened.collaborative, opened.home)
        return dg.MaterializeResult(
            metadata={"config_hash": compiled.config_hash, "districts": len(opened.collaborative.districts)}
        )

    return configuration


def _build_selection_asset(collaborative: Collaborative, landed: list[dg.AssetKey]) -> dg.AssetsDefinition:
    @dg.asset(
        key=dg.AssetKey(["landing", "selection"]),
        group_name="landing",
        kinds={"python", "parquet"},
        owners=list(collaborative.owners),
        deps=[dg.AssetKey(["landing", "inbox"]), dg.AssetKey(["landing", "configuration"]), *landed],
        output_required=False,
        description="Which delivery serves each slot tonight, and the build file laid out for it. Skipped when the "
        "current release is made of exactly this: nothing to build.",
    )
    def selection(
        context: dg.AssetExecutionContext, config: SelectionConfig, warehouse: WarehouseResource
    ) -> Iterator[dg.Output[None]]:
        with sanitized("landing/selection", warehouse.resolved_home()):
            inputs = prepare(warehouse.open(), as_of=date.fromisoformat(config.as_of) if config.as_of else None)
            if inputs.already in NOTHING_TO_BUILD:  # what could not be reached the night before catches up
                copy_to_targets(warehouse.open())
        if inputs.already in NOTHING_TO_BUILD:
            context.log.info("nothing to build: build %s: %s", inputs.build_id, NOTHING_TO_BUILD[inputs.already])
            return
        yield dg.Output(
            None,
            metadata={
                "build_id": inputs.build_id,
                "selection_hash": inputs.selection_hash,
                "as_of": str(inputs.as_of),
                "district_years_to_build": len(inputs.scope),
                "from_nothing": inputs.from_nothing,
            },
        )

    return selection
