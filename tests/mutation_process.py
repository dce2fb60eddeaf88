"""One look at one copy of the repository, in a process of its own: which of the tests named fail there?

Belongs here: running dbt's unit tests or some of pytest's in a copy, and telling a test that failed from a copy that
does not run. Does not belong here: which mutants there are (``mutants.py``), making copies (``mutate.py``).

The process is forked from a server that has imported the large libraries and nothing of the project: the project's
modules come from the copy.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import os
import sys
from dataclasses import astuple, dataclass
from multiprocessing.connection import Connection
from pathlib import Path

LARGE_LIBRARIES = [
    "alembic.command",
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "duckdb_sqlalchemy",
    "great_expectations.expectations",
    "hypothesis.strategies",
    "pyarrow.parquet",
    "pydantic",
    "pytest",
]
"""What each process would otherwise spend its seconds on."""

OUTPUT = "mutation_output.txt"
"""What dbt and pytest print, in the copy."""

BUILD_FILE = Path("target", "warehouse.duckdb")
"""A copy's small build, seen from its dbt project: dbt would parse everything anew if the name changed."""


DBT_OPTIONS = ("--no-write-json", "--log-level-file", "none", "--no-populate-cache")
PYTEST_OPTIONS = (
    *("-x", "-q", "--assert=plain", "--basetemp=pytest"),
    *("-p", "no:cacheprovider", "-p", "no:unraisableexception", "-p", "no:threadexception"),
)
"""What only costs time is left out."""


@dataclass(frozen=True)
class Outcome:
    """What a look at a copy found.

    Attributes:
        failed: the tests that failed.
        broken: why nothing can be concluded; empty when the tests did run.
    """

    failed: tuple[str, ...] = ()
    broken: str = ""


def serve(connection: Connection, copy: Path) -> None:
    """Answer requests about one copy until the other end is closed.

    A request is ``("build",)``, ``("unit", *models)`` or ``("tests", *names)``; only dbt reads changed files again, so
    a process runs pytest once. The answer is an outcome as a tuple: its class here is the copy's.
    """
    _enter(copy)
    answers = {"build": build_small, "unit": run_unit_tests, "tests": run_pytest}
    with contextlib.suppress(EOFError):
        while True:
            what, *names = connection.recv()
            os.chdir(copy)
            connection.send(astuple(answers[what](*names)))


def build_small() -> Outcome:
    """Build the small collaborative: dbt's unit tests look up the columns of a model's inputs there."""
    inputs = importlib.import_module("tests.dbt_project.build_file")
    dbt = importlib.import_module("tests.dbt_project.dbt_runs")
    rows = importlib.import_module("tests.dbt_project.small_collaborative").small_collaborative()
    os.chdir("dbt_project")
    inputs.write_build_file(BUILD_FILE, rows, BUILD_FILE.parent.absolute() / "parquet")
    dbt.build_models(BUILD_FILE, Path(), tests=False)
    return Outcome()


def _enter(copy: Path) -> None:
    """Import the project from the copy from here on, and print into it."""
    gc.freeze()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.chdir(copy)
    with Path(OUTPUT).open("a") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.dont_write_bytecode = True  # Python cannot tell two mutants of one size and one second by their files' dates
    sys.path.insert(0, str(copy))
    for name in [name for name in sys.modules if name.split(".")[0] == "tests"]:
        del sys.modules[name]
    for name in ("tests", "ingestion", "expectations"):
        spec = importlib.util.find_spec(name)
        if name in sys.modules or spec is None or not str(spec.origin).startswith(f"{copy}{os.sep}"):
            raise RuntimeError(f"the package {name} would not come from the copy")


def run_unit_tests(*models: str) -> Outcome:
    """Run dbt's unit tests of some models in the copy at hand; each must have one."""
    dbt = importlib.import_module("tests.dbt_project.dbt_runs")
    os.chdir("dbt_project")
    selected = [f"{model},test_type:unit" for model in models]
    result = dbt.run_dbt(BUILD_FILE, Path(), "test", "--select", *selected, *DBT_OPTIONS)
    if result.exception is not None:
        return Outcome(broken=f"dbt does not run: {result.exception}")
    items = list(result.result)
    unclear = [f"{item.node.name}: {item.message}" for item in items if item.status not in ("pass", "fail")]
    if unclear:
        return Outcome(broken="; ".join(unclear))
    without = set(models) - {item.node.tested_node_unique_id.split(".")[-1] for item in items}
    if without:
        return Outcome(broken=f"no unit test of {', '.join(sorted(without))}")
    return Outcome(tuple(item.node.name for item in items if item.status == "fail"))


class _Failures:
    """A pytest plugin that remembers which tests failed."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed:
            self.names.append(report.nodeid.split("::", 1)[-1].split("[")[0])


def run_pytest(*tests: str) -> Outcome:
    """Run pytest in the copy at hand until the first failure."""
    import pytest

    failures = _Failures()
    exit_code = pytest.main([*PYTEST_OPTIONS, *tests], plugins=[failures])
    if exit_code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return Outcome(broken=f"pytest does not run: {pytest.ExitCode(exit_code).name}")
    return Outcome(tuple(failures.names))
