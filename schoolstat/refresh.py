"""The night from the command line: the same Dagster job, in this process, on the home's instance.

Belongs here: starting the job and telling how it ended. Does not belong here: what a night does (``orchestration``)
or how the summary looks (``reporting``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from ingestion.collaborative import Collaborative
from ingestion.home import Home
from ingestion.yaml_document import ConfigurationError
from reporting.night_summary import NightSummary
from schoolstat.configured import load_whole
from schoolstat.districts import expand_districts
from schoolstat.status import describe
from schoolstat.ui import prepare_dagster_home

RELEASED, FAILED, REFUSED, NOT_COPIED = 0, 1, 3, 4


def run_night(
    home: Home,
    collaborative_folder: Path,
    inbox: Path,
    *,
    districts: tuple[str, ...] = (),
    years: tuple[int, ...] = (),
    as_of: date | None = None,
) -> tuple[NightSummary, int]:
    """Run the nightly job to its end.

    Args:
        home: state folder.
        collaborative_folder: configuration.
        inbox: folder with deliveries.
        districts: only these districts' slots (``network:<id>`` stands for a network's members); empty for all.
        years: only these school years, named by the year in which they end; empty for all.
        as_of: date that freshness is measured at; None for the latest that admitted figures reach.

    Returns:
        The summary and the exit code.

    Raises:
        ConfigurationError: the configuration, a district or a year is not as it must be, or there is no inbox.
        HomeError: the home serves another collaborative.
    """
    collaborative = load_whole(collaborative_folder)
    wanted = expand_districts(collaborative, districts)
    _check_years(collaborative, years)
    if not inbox.is_dir():
        raise ConfigurationError([f"{inbox}: is not a folder; say where deliveries arrive with --inbox"])
    home.claim(collaborative.id, collaborative.folder, inbox)
    os.environ.update(prepare_dagster_home(home, collaborative.folder))
    with _stdout_as_stderr():
        from orchestration.run import run_nightly

        success = run_nightly(home, collaborative.folder, inbox, districts=wanted, years=years, as_of=as_of)
    summary = describe(home, collaborative.folder, tonight=True, success=success)
    return summary, _exit_code(summary)


def _check_years(collaborative: Collaborative, years: tuple[int, ...]) -> None:
    known = {period.school_year for period in collaborative.periods}
    unknown = ", ".join(str(year) for year in years if year not in known)
    if unknown:
        raise ConfigurationError(
            [f"--year {unknown}: periods.csv has no such school year; it has {', '.join(map(str, sorted(known)))}"]
        )


def _exit_code(summary: NightSummary) -> int:
    if summary.outcome == "failed":
        return FAILED
    if summary.outcome == "refused":
        return REFUSED
    refused_tonight = any(file.outcome == "quarantined" for file in summary.files)
    if summary.outcome == "nothing_to_build" and refused_tonight:
        return REFUSED
    return NOT_COPIED if any(line.outcome == "failed" for line in summary.targets) else RELEASED


@contextmanager
def _stdout_as_stderr() -> Iterator[None]:
    """Send what the tools print to stderr, also from below Python, so that stdout holds the answer alone."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
