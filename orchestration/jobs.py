"""Jobs that people and schedules start, and the nightly schedule.

Belongs here: a stable name for a common way of working. Does not belong here: assets, resources, or what wakes a job
during the day (``sensors.py``).
"""

from typing import Any

import dagster as dg

from ingestion.configuration import Collaborative

NIGHTLY = "nightly"
INTAKE = "intake"
INBOX = dg.AssetKey(["landing", "inbox"])


def build_nightly_job(executor: dg.ExecutorDefinition, partitioned: list[dg.AssetKey]) -> Any:
    """The whole way, inbox to release, in one run.

    The partitioned landing assets are not run by it: the inbox asset lands for all of them at once and records each
    partition's materialization and door.
    """
    return dg.define_asset_job(
        NIGHTLY,
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*partitioned),
        executor_def=executor,
        description="Land and admit what arrived, build what changed, judge it, release it.",
    )


def build_intake_job(executor: dg.ExecutorDefinition) -> Any:
    """The first step of the night alone: what arrived is judged and seen at once, and built later."""
    return dg.define_asset_job(
        INTAKE,
        selection=dg.AssetSelection.assets(INBOX),
        executor_def=executor,
        description="Land and admit what arrived; build nothing.",
    )


def build_nightly_schedule(collaborative: Collaborative) -> dg.ScheduleDefinition:
    """One run a night at the collaborative's hour.

    The run key is the local date: one night, one run. The configuration refuses an hour that a change of clocks skips
    or repeats, so no night is lost either.
    """

    @dg.schedule(
        name="nightly",
        job_name=NIGHTLY,
        cron_schedule=f"0 {collaborative.nightly_hour} * * *",
        execution_timezone=collaborative.time_zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The night's refresh, in the collaborative's own time zone.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        night = context.scheduled_execution_time.date().isoformat()
        return dg.RunRequest(run_key=f"night-{night}", tags={"schoolstat/night": night})

    return nightly
