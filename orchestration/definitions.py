"""The code location that ``workspace.yaml`` and ``dg`` load."""

import dagster as dg

from orchestration.build import build_defs


@dg.definitions
def defs() -> dg.Definitions:
    """SchoolStat's definitions for the collaborative of this home."""
    return build_defs()
