"""A whole home that tests run nights in: released once per session, put back as it was before each test.

Belongs here: starting nights and single steps as a person would, and looking at what is served. Does not belong here:
what a test expects.
"""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.home import Home
from ingestion.ledger import open_ledger
from ingestion.night_record import read_night
from publishing.release import current_release_id, open_release, verify_release
from reporting.night_summary import NightSummary
from schoolstat.refresh import run_night
from synthetic.state_files import FUNCTIONS_FILE, LINE_ITEMS_FILE, write_state_files

DEMO = Path(__file__).resolve().parents[2] / "collaboratives" / "demo"
RELEASE = "release/current"
PRELOADED = ["orchestration.build", "dbt.cli.main", "dbt.adapters.duckdb.impl", "great_expectations", "schoolstat.cli"]
"""What children that fork from a server find imported: one list, because a process has one such server."""


@dataclass(frozen=True)
class House:
    """A home, its inbox and its collaborative."""

    home: Home
    inbox: Path
    collaborative: Path = DEMO

    def refresh(self, *, districts: tuple[str, ...] = (), as_of: date | None = None) -> tuple[NightSummary, int]:
        """``schoolstat refresh``: the summary and the exit code."""
        with environment_kept():
            return run_night(self.home, self.collaborative, self.inbox, districts=districts, as_of=as_of)

    def materialize(self, *keys: str) -> str:
        """Materialize these assets by hand, as from the UI; gives what the failing step said, or nothing."""
        import dagster as dg

        from orchestration.build import build_defs

        with self.dagster() as instance:
            result = (
                build_defs()
                .resolve_job_def("nightly")
                .execute_in_process(
                    instance=instance,
                    run_config=self.run_config(),
                    raise_on_error=False,
                    asset_selection=[dg.AssetKey.from_user_string(key) for key in keys],
                )
            )
        failures = [event.step_failure_data for event in result.all_node_events if event.is_step_failure]
        assert bool(failures) is not result.success
        return "; ".join(_spoken(failure) for failure in failures)

    def materialize_all_but_release(self) -> str:
        """Every step of the night before the release; gives what a failing step said, or nothing."""
        from orchestration.build import build_defs

        with self.dagster():
            graph = build_defs().get_repository_def().asset_graph
        keys = [graph.get(key) for key in graph.get_all_asset_keys()]
        wanted = [node.key.to_user_string() for node in keys if node.partitions_def is None]
        return self.materialize(*(key for key in wanted if key != RELEASE))

    def run_config(self) -> dict[str, Any]:
        """Run configuration that names this house."""
        places = {"home": str(self.home.path), "collaborative": str(self.collaborative), "inbox": str(self.inbox)}
        return {
            "resources": {"warehouse": {"config": places}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        }

    @contextmanager
    def dagster(self) -> Iterator[Any]:
        """The home's own Dagster instance, in the environment of its runs."""
        import dagster as dg

        from schoolstat.ui import prepare_dagster_home

        with environment_kept():
            os.environ.update(prepare_dagster_home(self.home, self.collaborative))
            with dg.DagsterInstance.get() as instance:
                yield instance

    def said(self) -> str:
        """Why the last night was refused."""
        return str(read_night(self.home).get("refused"))

    def build_id(self) -> str:
        """The build that the last night worked on."""
        return read_night(self.home)["build_id"]

    def builds(self) -> list[tuple[str, int | None]]:
        """State of each build in the ledger, and the door that refused it, oldest first."""
        ledger = open_ledger(self.home)
        with ledger.engine.connect() as connection:
            sql = "select state, refused_at_door from build order by created_at"
            rows = [tuple(row) for row in connection.exec_driver_sql(sql)]
        ledger.close()
        return rows

    def current(self) -> str | None:
        """The release that readers get, all its files sound."""
        release_id = current_release_id(self.home)
        if release_id is not None:
            verify_release(self.home)
        return release_id

    def served(self, sql: str, audience: str = "collaborative") -> list[tuple[Any, ...]]:
        """Ask the current release."""
        with duckdb.connect(str(open_release(self.home, audience)), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def change_build(self, sql: str, *, finished: bool = False) -> None:
        """Change a build's file behind the doors' backs."""
        folder = self.home.build_folder(self.build_id()) if finished else self.home.work
        with duckdb.connect(str(folder / self.home.build_file.name)) as connection:
            connection.execute(sql)

    def releases_on_disk(self) -> dict[str, str]:
        """Every release's files with their hashes, and where ``current`` points: what must not move."""
        found = {"current": str(self.home.current_release.readlink())}
        for path in sorted(self.home.releases.glob("r*/**/*")):
            if path.is_file():
                found[str(path.relative_to(self.home.releases))] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def change_functions(self, cells: Mapping[tuple[str, str], Decimal]) -> None:
        """Add to figures of the statewide file, each named by district code and heading."""
        path = self.inbox / FUNCTIONS_FILE
        rows = [line.split(",") for line in path.read_bytes().decode().split("\r")]
        columns = {heading.split(",")[0]: at for at, heading in enumerate(rows[0])}
        for (code, heading), amount in cells.items():
            row = next(row for row in rows if row[0] == code)
            row[columns[heading]] = str(Decimal(row[columns[heading]]) + amount)
        path.write_bytes("\r".join(",".join(row) for row in rows).encode())

    def move_line_items(self, amount: Decimal) -> None:
        """Correct the detailed district's own file: move dollars from leadership to administration."""
        path = self.inbox / LINE_ITEMS_FILE
        lines = path.read_text(encoding="utf-8").splitlines()
        for category, change in (("Administrative", amount), ("Instructional Leadership", -amount)):
            at = next(number for number, line in enumerate(lines) if line.startswith(category))
            head, value = lines[at].rsplit(",", 1)
            lines[at] = f"{head},{Decimal(value) + change}"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _spoken(failure: Any) -> str:
    """What a failed step said: our own words, else Dagster's."""
    return str(failure.user_failure_data.description if failure.user_failure_data else failure.error.message)


@contextmanager
def environment_kept() -> Iterator[None]:
    """Give the process's environment back as it was."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class Houses:
    """One house at one place, and copies of it as it was at some moments, to put back.

    One place, since builds name their inputs' paths and dbt parses anew when its build file is another.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.house = House(Home(root / "house" / "home"), root / "house" / "inbox")
        self.released = self._release_first()

    def _release_first(self) -> NightSummary:
        write_state_files(self.house.inbox)
        summary, code = self.house.refresh()
        assert code == 0, summary
        self._keep("released")
        return summary

    def at(self, moment: str, then: Callable[[House], object] = lambda _: None) -> House:
        """The house at a moment; the first time ``then`` leads to it from the first release."""
        known = (self.root / moment).is_dir()
        self._put_back(moment if known else "released")
        if not known:
            then(self.house)
            self._keep(moment)
        return self.house

    def _keep(self, moment: str) -> None:
        shutil.copytree(self.root / "house", self.root / moment, symlinks=True)

    def _put_back(self, moment: str) -> None:
        shutil.rmtree(self.root / "house")
        shutil.copytree(self.root / moment, self.root / "house", symlinks=True)


@functools.cache
def make_houses(root: Path) -> Houses:
    """The houses of a test session, also when several folders' fixtures ask for them."""
    return Houses(root)


@pytest.fixture(scope="session")
def houses(tmp_path_factory: pytest.TempPathFactory) -> Houses:
    return make_houses(tmp_path_factory.getbasetemp())


@pytest.fixture
def house(houses: Houses) -> House:
    """The house after its first night."""
    return houses.at("released")
