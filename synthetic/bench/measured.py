"""One process, measured: CPU seconds of it and all that it started, time on the clock, most memory.

Belongs here: starting and measuring. Does not belong here: what is started.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one process cost.

    Attributes:
        cpu_seconds: user and system time, children that it waited for included.
        wall_seconds: time on the clock.
        peak_mib: most memory that one process of it held at once.
    """

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


class BenchFailed(Exception):
    """A process of the bench did not end well."""


def measure(module: str, arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run ``python -m module`` to its end.

    Raises:
        BenchFailed: it ended with an exit code other than 0; the log says why.
    """
    return _measure(["-m", module, *arguments], log, environment)


def measure_import(module: str, log: Path) -> Cost:
    """Python started, and a module imported."""
    return _measure(["-c", f"import {module}"], log)


def _measure(arguments: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Cost:
    with log.open("ab") as output:
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, *arguments],
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise BenchFailed(f"python {' '.join(arguments[:3])} ended with {process.returncode}; see {log}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)
