"""The command line in this process, on no home at all."""

from collections.abc import Callable

import pytest

from schoolstat.cli import main
from tests.schoolstat.conftest import Said


@pytest.fixture
def bare(capfd, monkeypatch, tmp_path) -> Callable[..., Said]:
    """Run a command that needs no home; it must make none."""

    def run(*arguments: str) -> Said:
        capfd.readouterr()
        home = tmp_path / "no_home"
        with pytest.raises(SystemExit) as ended, monkeypatch.context() as changed:
            changed.setenv("SCHOOLSTAT_HOME", str(home))
            changed.setenv("COLUMNS", "200")
            changed.setattr("sys.argv", ["schoolstat", *arguments])
            main()
        assert not home.exists()
        return Said(int(ended.value.code or 0), *capfd.readouterr())

    return run
