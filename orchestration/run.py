"""Running a job to its end in this process, on the home's own Dagster instance, so that the UI shows the run.

Belongs here: the instance's configuration, run configuration, and noting an unexpected failure. Does not belong here:
telling people how it ended (``schoolstat``).
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg

from ingestion.home import Home
from ingestion.night_record import read_night, record_night, start_night
from orchestration.dbt_runner import prepare_manifest
from orchestration.jobs import NIGHTLY
from orchestration.release import TARGETS

SPEAKS_OF_GAPS = "dagster._core.execution.plan.active"
"""The logger by which Dagster warns of checks without a result; Dagster sets the level of its parent anew."""

SPEAKS_OF_FOLDERS = "great_expectations.data_context.types.base"
"""The logger by which Great Expectations tells of each temporary folder; it sets its own level when it is imported."""


def run_nightly(
    home: Home,
    collaborative: Path,
    inbox: Path,
    *,
    districts: Sequence[str] = (),
    years: Sequence[int] = (),
    as_of: date | None = None,
) -> bool:
    """Run the nightly job; gives whether every step ended well.

    Args:
        home: state folder; ``DAGSTER_HOME`` must be its ``dagster/``.
        collaborative: configuration folder.
        inbox: folder with deliveries.
        districts: only these districts' slots; empty for all.
        years: only these school years; empty for all.
        as_of: date that freshness is measured at; None for the latest that admitted figures reach.

    Raises:
        HomeBusy: another process is working on the home; its record of the night stays.
    """
    os.environ["SCHOOLSTAT_COLLABORATIVE"] = str(collaborative)
    with home.lock():
        start_night(home)
        prepare_manifest()
        result = _execute(_run_config(home, collaborative, inbox, districts, years, as_of))
        _note_failure(home, result)
    return result.success


def _execute(run_config: dict[str, Any]) -> dg.ExecuteInProcessResult:
    from orchestration.build import build_defs

    with warnings.catch_warnings(), dg.DagsterInstance.get() as instance:
        warnings.filterwarnings("ignore", message="Parameter `backfill_policy`")
        # With nothing to build every check is skipped, and Dagster would warn of each as if it were a gap.
        logging.getLogger(SPEAKS_OF_GAPS).setLevel(logging.ERROR)
        logging.getLogger(SPEAKS_OF_FOLDERS).addFilter(_is_a_warning)
        job = build_defs().resolve_job_def(NIGHTLY)
        return job.execute_in_process(instance=instance, run_config=run_config, raise_on_error=False)


def _is_a_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def _note_failure(home: Home, result: dg.ExecuteInProcessResult) -> None:
    """Say in the night's record which step failed, where that step has not said so itself."""
    for event in filter(lambda event: event.is_step_failure, result.all_node_events):
        night = read_night(home)
        if not (night.get("refused") or night.get("failure") or _is_told_of_targets(event, night)):
            record_night(home, failure=f"{event.step_key}: {_cause(event)}; the run's page in the UI says more")


def _is_told_of_targets(event: dg.DagsterEvent, night: dict[str, Any]) -> bool:
    """Whether the step that copies to targets failed because of them: the release stands, and the record says which."""
    told = any(target["outcome"] == "failed" for target in night.get("targets", ()))
    return told and event.step_key == "__".join(TARGETS)


def _cause(event: dg.DagsterEvent) -> str:
    """The class of the error at the bottom of a failed step; its message could quote a row."""
    error = event.step_failure_data.error
    while error and error.cause:
        error = error.cause
    return error.cls_name or "failed" if error else "failed"


def _run_config(
    home: Home,
    collaborative: Path,
    inbox: Path,
    districts: Sequence[str],
    years: Sequence[int],
    as_of: date | None,
) -> dict[str, Any]:
    places = {"home": str(home.path), "collaborative": str(collaborative), "inbox": str(inbox)}
    return {
        "ops": {
            "landing__inbox": {"config": {"districts": list(districts), "years": list(years)}},
            "landing__selection": {"config": {"as_of": as_of.isoformat() if as_of else ""}},
        },
        "resources": {"warehouse": {"config": places}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
