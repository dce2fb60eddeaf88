"""The demo of records: generated, and both its nights run, once for the tests that look at it.

Belongs here: running the nights and asking a night's release. Does not belong here: what must be in it.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ingestion.home import Home
from publishing.release import open_release
from reporting.night_summary import NightSummary
from synthetic.generate import Generated, generate
from synthetic.state_files import write_state_files
from tests.end_to_end.house import House


@dataclass(frozen=True)
class Night:
    """One night's summary and exit code, its release as it was then, and what must be in it."""

    summary: NightSummary
    code: int
    release: Path
    truth: Path

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the release of that night."""
        with duckdb.connect(str(self.release), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@dataclass(frozen=True)
class Demo:
    """The generated collaborative and its two nights."""

    generated: Generated
    house: House
    nights: tuple[Night, Night]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    root = tmp_path_factory.mktemp("demo")
    generated = generate(root / "synthetic")
    write_state_files(generated.nights[0])
    house = House(Home(root / "home"), root / "inbox")
    nights = []
    for number, folder in enumerate(generated.nights, start=1):
        shutil.copytree(folder, house.inbox, dirs_exist_ok=True, copy_function=shutil.copyfile)
        summary, code = house.refresh()
        assert summary.release_id is not None, summary
        release = shutil.copyfile(open_release(house.home, "collaborative"), root / f"release_{number}.duckdb")
        nights.append(Night(summary, code, release, generated.truth / f"night_{number}"))
    return Demo(generated, house, (nights[0], nights[1]))
