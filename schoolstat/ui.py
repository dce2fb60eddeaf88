"""Dagster's UI for one home, bound to 127.0.0.1 (it has no login of its own).

Does not belong here: what the UI shows (``orchestration``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ingestion.home import Home
from ingestion.settings import REPOSITORY

DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
event_log_storage:
  module: orchestration.event_log
  class: KeptEngines
  config:
    base_dir:
      env: DAGSTER_HOME
"""


def prepare_dagster_home(home: Home, collaborative: Path) -> dict[str, str]:
    """Write the instance's configuration where it is missing.

    Returns:
        The environment in which Dagster works on this home.
    """
    home.ensure()
    configuration = home.dagster / "dagster.yaml"
    if not configuration.exists():
        configuration.write_text(DAGSTER_YAML, encoding="utf-8")
    return {
        "DAGSTER_HOME": str(home.dagster),
        "SCHOOLSTAT_HOME": str(home.path),
        "SCHOOLSTAT_COLLABORATIVE": str(collaborative),
        "DAGSTER_EVENT_BATCH_SIZE": os.environ.get("DAGSTER_EVENT_BATCH_SIZE", "1000"),
        "DAGSTER_GRPC_TIMEOUT_SECONDS": os.environ.get("DAGSTER_GRPC_TIMEOUT_SECONDS", "300"),
    }


def serve(home: Home, collaborative: Path, port: int) -> int:
    """Run ``dagster dev`` until it is stopped; gives its exit code."""
    environment = os.environ | prepare_dagster_home(home, collaborative)
    workspace = REPOSITORY / "workspace.yaml"
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)]
    return subprocess.run(command, env=environment, check=False, cwd=REPOSITORY).returncode
