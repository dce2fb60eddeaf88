import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.end_to_end.house import environment_kept, house, houses

__all__ = ["house", "houses"]


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code, stdout and stderr."""

    code: int
    out: str
    err: str


@pytest.fixture
def schoolstat(house, capfd, monkeypatch) -> Callable[..., Said]:
    """Run the command line in this process on the released house, as its entry point does."""
    from schoolstat.cli import main

    def run(*arguments: str) -> Said:
        capfd.readouterr()
        with environment_kept(), pytest.raises(SystemExit) as ended:
            monkeypatch.setenv("SCHOOLSTAT_HOME", str(house.home.path))
            monkeypatch.setenv("COLUMNS", "200")
            monkeypatch.setattr(sys, "argv", ["schoolstat", *arguments])
            main()
        return Said(int(ended.value.code or 0), *capfd.readouterr())

    return run
