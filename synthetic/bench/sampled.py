"""``python -m synthetic.bench.sampled SHARES.json -- ARGUMENTS``: the ``schoolstat`` command, saying whose its CPU was.

Every hundredth of a CPU second the stack is looked at: what the process used since the last look is laid at the
innermost package that is one of those told apart. What DuckDB's threads use is laid at whoever waits for them.

Belongs here: sampling. Does not belong here: what a night does; the command is found as installed.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from collections import defaultdict
from importlib.metadata import entry_points
from pathlib import Path
from types import FrameType

_EVERY = 0.01
_OWNERS = {
    "dbt": "dbt",
    "dbt_common": "dbt",
    "dbt_adapters": "dbt",
    "dbt_semantic_interfaces": "dbt",
    "dagster": "dagster",
    "dagster_dbt": "dagster",
    "dagster_shared": "dagster",
    "great_expectations": "great_expectations",
    **dict.fromkeys(
        ("collaboration", "expectations", "ingestion", "orchestration", "publishing", "reporting", "schoolstat"), "own"
    ),
}


class Sampler:
    """Adds up CPU seconds by owner, and by module within the owner."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.modules: dict[str, float] = defaultdict(float)
        self._last = 0.0

    def start(self) -> None:
        """Begin to look; what was used before, such as for starting Python, has no owner."""
        signal.signal(signal.SIGPROF, self._look)
        signal.setitimer(signal.ITIMER_PROF, _EVERY, _EVERY)

    def stop(self) -> None:
        """Look for the last time."""
        signal.setitimer(signal.ITIMER_PROF, 0)
        self._look(0, None)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        now = time.process_time()
        used, self._last = now - self._last, now
        owner, module = find_owner(frame)
        self.seconds[owner] += used
        self.modules[module] += used


def find_owner(frame: FrameType | None) -> tuple[str, str]:
    """Whose package is innermost on the stack, and its module."""
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        owner = _OWNERS.get(module.partition(".")[0])
        if owner is not None:
            return owner, module
        frame = frame.f_back
    return "other", "other"


def main(arguments: list[str]) -> None:
    """Run the command with the arguments after ``--``, and write the shares whatever its end."""
    at = arguments.index("--")
    (command,) = entry_points(group="console_scripts", name="schoolstat")
    sys.argv = ["schoolstat", *arguments[at + 1 :]]
    sampler = Sampler()
    sampler.start()
    try:
        command.load()()
    finally:
        sampler.stop()
        found = {"owners": dict(sampler.seconds), "modules": dict(sampler.modules)}
        Path(arguments[0]).write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
