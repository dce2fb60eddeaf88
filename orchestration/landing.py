"""From the inbox to the selection, as Dagster sees it.

Belongs here: the inbox asset, one partitioned asset per extract contract (by school year for statewide sources, by
district otherwise), the compiled configuration and the selection. A materialization says *processed*; the check
``door_1``, recorded per partition, says *admitted* or *held and why*. Expected faults are results, never exceptions.
Does not belong here: reading, judging or choosing deliveries (``ingestion``, ``expectations``).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import dagster as dg

from ingestion.configuration import Collaborative, compile_configuration
from ingestion.contract import Contract
from ingestion.home import Home
from orchestration.failures import sanitized
from orchestration.resources import WarehouseResource
from orchestration.steps import Intake, land_and_admit, prepare

DOOR_1 = "door_1"
DOOR_1_MEANING = "Admission of this partition's deliveries: all or nothing per district, domain and school year."


class InboxConfig(dg.Config):
    """What part of the inbox to take; empty means everything.

    Attributes:
        districts: only these districts' slots.
    """

    districts: list[str] = []


class SelectionConfig(dg.Config):
    """What the build is dated by.

    Attributes:
        as_of: ISO date; empty means the latest ``data_through`` admitted.
    """

    as_of: str = ""


def build_landing_assets(collaborative: Collaborative, contracts: dict[str, Contract]) -> list[dg.AssetsDefinition]:
    """All assets of the group ``landing`` for one collaborative."""
    keys = {name: dg.AssetKey(["landing", name]) for name in contracts}
    partitioned = [
        _build_contract_asset(contract, keys[name], _partitions(collaborative, contract), collaborative)
        for name, contract in contracts.items()
    ]
    return [
        _build_inbox_asset(collaborative, contracts, keys),
        *partitioned,
        _build_configuration_asset(collaborative),
        _build_selection_asset(collaborative, list(keys.values())),
    ]


def _partitions(collaborative: Collaborative, contract: Contract) -> dg.StaticPartitionsDefinition:
    if contract.is_statewide:
        return dg.StaticPartitionsDefinition(sorted({str(period.school_year) for period in collaborative.periods}))
    return dg.StaticPartitionsDefinition([district.district_id for district in collaborative.districts])


def _build_inbox_asset(
    collaborative: Collaborative, contracts: dict[str, Contract], keys: dict[str, dg.AssetKey]
) -> dg.AssetsDefinition:
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
        with sanitized("landing/inbox", Home(warehouse.resolved_home())):
            intake = land_and_admit(warehouse.open(), districts=config.districts)
        for name, key in keys.items():
            for partition, rows in _rows_by_partition(intake, contracts[name]).items():
                context.instance.report_runless_asset_event(
                    dg.AssetMaterialization(asset_key=key, partition=partition, metadata={"rows_landed": rows})
                )
                _record_door_1(context, key, partition, intake, contracts[name])
        return dg.MaterializeResult(metadata=_metadata(intake, collaborative))

    return inbox


def _build_contract_asset(
    contract: Contract, key: dg.AssetKey, partitions: dg.StaticPartitionsDefinition, collaborative: Collaborative
) -> dg.AssetsDefinition:
    @dg.asset(
        key=key,
        group_name="landing",
        kinds={"python", "parquet"},
        owners=list(collaborative.owners),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[dg.AssetCheckSpec(DOOR_1, asset=key, description=DOOR_1_MEANING)],
        description=contract.description,
        metadata={
            "contract_version": contract.version,
            "dagster/column_schema": dg.TableSchema(
                columns=[
                    dg.TableColumn(name=c.name, type=c.type, description=c.description) for c in contract.columns
                ]
            ),
        },
    )
    def landed(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:
        wanted = list(context.partition_keys)
        with sanitized("/".join(key.path), Home(warehouse.resolved_home())):
            opened = warehouse.open()
            intake = (
                land_and_admit(opened, years=[int(k) for k in wanted])
                if contract.is_statewide
                else land_and_admit(opened, districts=wanted)
            )
        rows = _rows_by_partition(intake, contract)
        for partition in wanted:
            context.add_asset_metadata({"rows_landed": rows.get(partition, 0)}, partition_key=partition)
            _record_door_1(context, key, partition, intake, contract)
        held = intake.held()
        return dg.MaterializeResult(
            check_results=[
                dg.AssetCheckResult(
                    check_name=DOOR_1,
                    passed=not held,
                    severity=dg.AssetCheckSeverity.WARN,
                    metadata={"held": len(held), "judged": len(intake.verdicts)},
                )
            ]
        )

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
        with sanitized("landing/configuration", Home(warehouse.resolved_home())):
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
        with sanitized("landing/selection", Home(warehouse.resolved_home())):
            inputs = prepare(warehouse.open(), as_of=date.fromisoformat(config.as_of) if config.as_of else None)
        if inputs.already == "released":
            context.log.info("nothing to build: the current release is build %s", inputs.build_id)
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


def _rows_by_partition(intake: Intake, contract: Contract) -> dict[str, int]:
    """Rows landed by this intake per partition key of the contract's asset."""
    rows: dict[str, int] = {}
    for slot in intake.inbox.slots:
        if slot.contract == contract.name:
            partition = str(slot.school_year) if contract.is_statewide else slot.district_id
            rows[partition] = rows.get(partition, 0) + slot.n_rows
    return rows


def _record_door_1(
    context: dg.AssetExecutionContext, key: dg.AssetKey, partition: str, intake: Intake, contract: Contract
) -> None:
    """One door-1 result for one partition: the verdicts that concern it."""
    concerned = [
        verdict
        for verdict in intake.verdicts
        if partition == (str(verdict.school_year) if contract.is_statewide else verdict.district_id)
    ]
    held = [verdict for verdict in concerned if not verdict.admitted]
    context.instance.report_runless_asset_event(
        dg.AssetCheckEvaluation(
            asset_key=key,
            check_name=DOOR_1,
            passed=not held,
            partition=partition,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "admitted": dg.MetadataValue.int(len(concerned) - len(held)),
                "held": dg.MetadataValue.int(len(held)),
                "rules": dg.MetadataValue.text(", ".join(sorted({str(v.rule_id) for v in held})) or "none"),
            },
        )
    )


def _metadata(intake: Intake, collaborative: Collaborative) -> dict[str, dg.MetadataValue]:
    files = intake.inbox.files
    outcomes = dg.TableSchema(
        columns=[
            dg.TableColumn("file"),
            dg.TableColumn("outcome"),
            *(dg.TableColumn(name, "int") for name in ("rows_in", "rows_landed", "rows_rejected", "rows_duplicate")),
        ]
    )
    records = [
        dg.TableRecord(
            {
                "file": f.relative_path,
                "outcome": f.outcome,
                "rows_in": f.rows_in,
                "rows_landed": f.rows_landed,
                "rows_rejected": f.rows_rejected,
                "rows_duplicate": f.rows_duplicate,
            }
        )
        for f in files
    ]
    return {
        "rows_in": dg.MetadataValue.int(sum(f.rows_in for f in files)),
        "rows_landed": dg.MetadataValue.int(sum(f.rows_landed for f in files)),
        "rows_rejected": dg.MetadataValue.int(sum(f.rows_rejected for f in files)),
        "rows_duplicate": dg.MetadataValue.int(sum(f.rows_duplicate for f in files)),
        "districts_held": dg.MetadataValue.int(len({v.district_id for v in intake.held()})),
        "files": dg.MetadataValue.table(records=records, schema=outcomes),
        "docs": dg.MetadataValue.url(collaborative.docs_url),
    }
