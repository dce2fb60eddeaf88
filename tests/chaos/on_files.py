"""The release in the home: readers across publishes, a publisher killed while it writes, and while it switches."""

import shutil
import time
from collections import Counter
from pathlib import Path

import duckdb

from ingestion.home import Home
from ingestion.ledger import open_ledger
from publishing import release as releases
from publishing.artefacts import literal
from publishing.release import current_release_id, open_release, point_to, publish, verify_release
from publishing.shelf import release_ids
from tests.chaos.children import kill_at_random, read_meanwhile
from tests.publishing.conftest import FIRST, SECOND, open_workshop


def read_files(folder: Path, second_home: Path, n_readers: int, n_reads: int) -> tuple[Counter[str], int]:
    """What readers saw while two builds were released in turn, each time written anew."""
    home = Home(shutil.copytree(second_home, folder / "home", symlinks=True))
    workshop, kept = open_workshop(home.path, SECOND), releases._released_before
    releases._released_before = lambda *_: None
    try:
        return read_meanwhile(
            folder,
            n_readers,
            n_reads,
            lambda: read_once(home),
            lambda n: publish(home, workshop.ledger, (SECOND, FIRST)[n % 2], workshop.collaborative) and None,
        )
    finally:
        releases._released_before = kept
        workshop.ledger.close()


def read_once(home: Home) -> str:
    """Open two files of the current release as a reader does: ``good``, ``empty`` or ``mixed``."""
    release_id, told = current_release_id(home), set()
    with duckdb.connect(config={"threads": 1}) as connection:
        for audience, table in (("collaborative", "fct_metric_value"), ("shared", "shared_per_pupil_spending")):
            path = open_release(home, audience, release_id)
            connection.execute(f"attach {literal(str(path))} as {audience} (read_only)")
            if not connection.execute(f"select count(*) from {audience}.main.{table}").fetchall()[0][0]:
                return "empty"
            told |= set(connection.execute(f"select release_id from {audience}.main.release_info").fetchall())
    return "good" if told == {(release_id,)} else "mixed"


def kill_while_released(folder: Path, second_home: Path, n_kills: int) -> Counter[str]:
    """Kill a publisher at random moments of writing, reading back and switching; each time the next one completes."""
    seen: Counter[str] = Counter()
    seconds = _publish_timed(Home(shutil.copytree(second_home, folder / "timed", symlinks=True)))
    for number in range(n_kills):
        home = Home(shutil.copytree(second_home, folder / f"home_{number}", symlinks=True))
        first = current_release_id(home)
        seen["killed"] += kill_at_random(lambda home=home: _publish(home), seconds * 1.1)
        seen["new" if current_release_id(home) != first else "old"] += 1
        seen[judge_release(home)] += 1
        _publish(home)
        after = current_release_id(home)
        seen["next night works" if after != first and judge_release(home) == "sound" else "next night fails"] += 1
        shutil.rmtree(home.path)
    return seen


def kill_while_switched(folder: Path, second_home: Path, n_kills: int) -> Counter[str]:
    """Kill a process that does nothing but move the pointer, at random moments."""
    home = Home(shutil.copytree(second_home, folder / "home", symlinks=True))
    _publish(home)
    both, seen = release_ids(home), Counter[str]()
    assert len(both) == 2

    def switch() -> None:
        for number in range(100_000):
            point_to(home, both[number % 2])

    for _ in range(n_kills):
        seen["killed"] += kill_at_random(switch, 0.02)
        seen[judge_release(home) if current_release_id(home) in both else "lost"] += 1
    return seen


def judge_release(home: Home) -> str:
    """Whether what readers get is one whole release, of which each byte is as released."""
    try:
        verify_release(home)
        return {"good": "sound", "empty": "lost", "mixed": "mixed"}[read_once(home)]
    except (OSError, duckdb.Error, releases.ReleaseCorrupt, releases.ReleaseUnknown):
        return "lost"


def _publish(home: Home) -> None:
    workshop = open_workshop(home.path, SECOND)
    publish(home, open_ledger(home), SECOND, workshop.collaborative)
    workshop.ledger.close()


def _publish_timed(home: Home) -> float:
    began = time.monotonic()
    _publish(home)
    return time.monotonic() - began
