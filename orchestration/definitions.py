"""The code location that ``workspace.yaml`` and ``dg`` load.

Does not belong here: anything but its name; it is put together in ``build.py``.
"""

import dagster as dg

from orchestration.build import build_defs


@dg.definitions
def defs() -> dg.Definitions:
    """SchoolStat's definitions for the collaborative of this home."""
    return build_defs()
