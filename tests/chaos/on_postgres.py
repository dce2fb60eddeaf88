"""The PostgreSQL target: readers across publishes, a publisher killed while it loads, and while it switches."""

import shutil
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psycopg

from ingestion.home import Home
from ingestion.target_settings import PostgresTarget, TargetSettings
from publishing.release import drop_old_releases, point_to
from publishing.targets import postgres
from publishing.targets.follow import follow_current
from publishing.targets.postgres_layout import Roles
from tests.chaos.children import kill_at_random, read_meanwhile
from tests.publishing.targets.made_release import DISTRICTS, make_release

ROWS = 30
VIEWS = {
    "collaborative.fct_metric_value": ROWS * len(DISTRICTS),
    "collaborative.mart_metric_value": ROWS * len(DISTRICTS),
    "shared.mart_metric_value": ROWS * len(DISTRICTS),
    "private.student_list": ROWS,
}
"""Views of all three audiences, and the rows that a reader of one district finds in each."""

ONE = "select '{0}', count(*), min(of_release), max(of_release), min(snapshot_id) from {0}"


def follow(home: Home, target: PostgresTarget) -> None:
    """Bring the server to the home's release; only a fault of ours ends it."""
    (outcome,) = follow_current(home, TargetSettings(postgres=target), "cedar")
    if outcome.outcome == "failed":
        raise RuntimeError(outcome.message)


def prepare(uri: str, target: PostgresTarget, home: Home) -> str:
    """A first release, and a login that may read everything and the pupils of one district; gives its URI."""
    make_release(home, 1, ROWS)
    follow(home, target)
    roles = Roles(target.role_prefix)
    name = f"{target.role_prefix}_reader"
    with psycopg.connect(uri, autocommit=True) as connection:
        groups = f'"{roles.collaborative}", "{roles.district(DISTRICTS[0])}"'
        connection.execute(f'create role "{name}" login in role {groups}')
    return uri.replace("postgres@", f"{name}@")


def read_postgres(
    folder: Path, uri: str, target: PostgresTarget, n_readers: int, n_reads: int
) -> tuple[Counter[str], int]:
    """What readers saw while one release after another was copied, pointed to, and old ones dropped."""
    home = Home(folder / "home")
    reader = prepare(uri, target, home)

    def publish(n_before: int) -> None:
        make_release(home, n_before + 2, ROWS)
        drop_old_releases(home, 3)
        follow(home, target)

    return read_meanwhile(folder, n_readers, n_reads, _reading(reader), publish)


def _reading(uri: str) -> Callable[[], str]:
    """One reading after the other on a connection of its own: one statement, then several in one transaction."""
    state: dict[str, psycopg.Connection] = {}
    every = " union all ".join(ONE.format(view) for view in VIEWS)

    def read() -> str:
        connection = state.get("open") or state.setdefault("open", psycopg.connect(uri))
        state["n"] = not state.get("n")  # pyright: ignore[reportArgumentType]
        if state["n"]:
            rows = connection.execute(every).fetchall()
        else:
            connection.execute("set transaction isolation level repeatable read")
            rows = [connection.execute(ONE.format(view)).fetchall()[0] for view in VIEWS]
        connection.rollback()
        return judge(rows)

    return read


def judge(rows: list[tuple[str, int, int, int, str]]) -> str:
    """``good`` if every view shows all rows of one and the same release."""
    if any(not n for _, n, *_ in rows):
        return "empty"
    if any(n != VIEWS[view] for view, n, *_ in rows) or len({x for row in rows for x in row[2:4]}) > 1:
        return "mixed"
    return "good" if len({row[4] for row in rows}) == 1 else "mixed"


def kill_while_loaded(folder: Path, uri: str, target: PostgresTarget, n_kills: int) -> Counter[str]:
    """Kill a publisher at random moments of loading a new release and pointing to it; the next one completes."""
    home, seen = Home(folder / "home"), Counter[str]()
    read = _reading(prepare(uri, target, home))
    make_release(home, 2, ROWS)
    began = time.monotonic()
    follow(home, target)
    seconds = time.monotonic() - began
    for number in range(3, 3 + n_kills):
        before = postgres.served(target).current
        release_id = make_release(home, number, ROWS)
        drop_old_releases(home, 3)
        seen["killed"] += kill_at_random(lambda: follow(home, target), seconds * 1.1)
        served = postgres.served(target).current
        seen["new" if served == release_id else "old" if served == before else "lost"] += 1
        seen[read()] += 1
        follow(home, target)
        works = read() == "good" and postgres.served(target).current == release_id
        seen["next night works" if works else "next night fails"] += 1
    return seen


def kill_while_switched(folder: Path, uri: str, target: PostgresTarget, n_kills: int) -> Counter[str]:
    """Kill a publisher that goes back and forth between two releases, at random moments."""
    home, seen = Home(folder / "home"), Counter[str]()
    read = _reading(prepare(uri, target, home))
    make_release(home, 2, ROWS)
    follow(home, target)
    both = postgres.served(target).kept

    def switch() -> None:
        for number in range(10_000):
            point_to(home, both[number % 2])
            follow(home, target)

    for _ in range(n_kills):
        seen["killed"] += kill_at_random(switch, 0.5)
        seen["one of both" if postgres.served(target).current in both else "lost"] += 1
        seen[read()] += 1
    shutil.rmtree(home.path)
    return seen
