"""A disk that is full: no file grows beyond a limit while a release is published; afterwards there is room again."""

import os
import resource
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

from ingestion.home import Home
from publishing.release import current_release_id, publish
from tests.chaos.on_files import judge_release
from tests.publishing.conftest import SECOND, open_workshop

FULL_AT = (0, 4_096, 20_000, 60_000, 120_000, 300_000, 600_000)
"""Bytes that a file may have: some limits end a publisher at its first file, some at its last, some not at all."""


def fill_while_released(folder: Path, second_home: Path, limits: Iterable[int] = FULL_AT) -> Counter[str]:
    """Let a publisher run into each limit; readers get a whole release all the time, and the next one completes."""
    seen: Counter[str] = Counter()
    for limit in limits:
        home = Home(shutil.copytree(second_home, folder / f"home_{limit}", symlinks=True))
        first = current_release_id(home)
        ended_well = _in_a_child(lambda home=home: _publish(home), limit)
        is_new = current_release_id(home) != first
        seen["said so" if ended_well is is_new else "silent"] += 1
        seen[judge_release(home)] += 1
        _publish(home)
        works = current_release_id(home) != first and judge_release(home) == "sound"
        seen["next night works" if works and not list(home.releases.glob(".draft*")) else "lost"] += 1
        shutil.rmtree(home.path)
    return seen


def _publish(home: Home) -> None:
    workshop = open_workshop(home.path, SECOND)
    publish(home, workshop.ledger, SECOND, workshop.collaborative)
    workshop.ledger.close()


def _in_a_child(work: Callable[[], None], limit: int) -> bool:
    """Whether the work came to its end in a process whose files may not grow beyond the limit."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
