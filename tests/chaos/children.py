"""Children forked from this warm process: readers that count what they saw, and publishers that are killed."""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

PAUSE = 0.01
"""Seconds between two readings: without it ten thousand would be done before the tenth release."""


def kill_at_random(work: Callable[[], None], seconds: float) -> bool:
    """Kill a child at a random moment of so many seconds of its work; gives whether it was at work still."""
    child = _fork(work)
    time.sleep(random.uniform(0, seconds))  # noqa: S311 - it need not be secret
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def read_meanwhile(
    folder: Path, n_readers: int, n_reads: int, read: Callable[[], str], publish: Callable[[int], None]
) -> tuple[Counter[str], int]:
    """Readers read so often while releases are published; gives what they saw, and how many were published."""
    folder.mkdir(exist_ok=True)
    said = [folder / f"reader_{number}.json" for number in range(n_readers)]
    readers = [_fork(lambda path=path: _read_often(read, n_reads, path)) for path in said]
    n_published = 0
    while n_published < 10_000 and not all(path.exists() for path in said):
        publish(n_published)
        n_published += 1
    for reader in readers:
        os.waitpid(reader, 0)
    return sum((Counter(json.loads(path.read_text())) for path in said), Counter()), n_published


def _read_often(read: Callable[[], str], n_reads: int, path: Path) -> None:
    seen: Counter[str] = Counter()
    for _ in range(n_reads):
        time.sleep(PAUSE)
        try:
            seen[read()] += 1
        except Exception as error:
            seen[f"failed: {type(error).__name__}: {error}"[:200]] += 1
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(seen))
    draft.rename(path)


def _fork(work: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child
