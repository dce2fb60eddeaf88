"""Assembly of the code location, as a function, so that tests replace what they need.

Belongs here: reading the collaborative's configuration and dbt's manifest from disk, and joining what they define; no
network, no login, no dbt parsing. Does not belong here: what an asset, a job or a check does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg

from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from ingestion.settings import resolve_collaborative, resolve_home
from orchestration.jobs import build_intake_job, build_nightly_job, build_nightly_schedule
from orchestration.landing import build_landing_assets
from orchestration.models import build_model_assets
from orchestration.release import build_release_asset, build_targets_asset
from orchestration.resources import WarehouseResource
from orchestration.sensors import build_inbox_sensor


def build_defs(
    *, resource_overrides: Mapping[str, Any] | None = None, executor: dg.ExecutorDefinition | None = None
) -> dg.Definitions:
    """Build the definitions of one collaborative's warehouse.

    Args:
        resource_overrides: resources to use in place of the usual ones, by key.
        executor: how a run's steps are executed; one process by default (steps share dbt's parsed project).
    """
    collaborative = load_collaborative(resolve_collaborative(resolve_home()))
    landing = build_landing_assets(collaborative, load_contracts())
    models = build_model_assets(collaborative.owners)
    release = build_release_asset(collaborative.owners, collaborative.docs_url, models.keys("marts", "shared"))
    has_targets = collaborative.targets.is_any
    targets = [build_targets_asset(collaborative.owners, collaborative.docs_url, release)] if has_targets else []
    partitioned = [key for asset in landing if asset.partitions_def for key in asset.keys]
    steps = executor or dg.in_process_executor
    jobs = [build_nightly_job(steps, partitioned), build_intake_job(steps)]
    return dg.Definitions(
        assets=[*landing, *models.assets, release, *targets],
        asset_checks=models.doors,
        jobs=jobs,
        schedules=[build_nightly_schedule(collaborative)],
        sensors=[build_inbox_sensor(collaborative, jobs)],
        resources={"warehouse": WarehouseResource(), **(resource_overrides or {})},
    )
