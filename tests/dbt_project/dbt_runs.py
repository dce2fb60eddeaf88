"""dbt in this process, over a build file of a test.

Belongs here: the two invocations between which the second door stands, and any other command. Does not belong here:
what the file holds (``build_file.py``).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestration.dbt_runner import project_fingerprint

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
BEFORE_DOOR_2 = ("fqn:schoolstat.staging", "fqn:schoolstat.conformed", "fqn:schoolstat.measures")
AFTER_DOOR_2 = ("fqn:schoolstat.marts", "fqn:schoolstat.shared")

_parsed: dict[tuple[str, str], Any] = {}
"""The first manifest, by the hash of the project's files and the database's name, which stands in it: what a mutant
changes, and a file of another name, is parsed by itself."""


@contextmanager
def _environment(build_file: Path, state: Path, is_copy: bool, slices: int):
    """Tell dbt which file it builds and what is in it, and to write nothing into its project."""
    names = {
        "SCHOOLSTAT_BUILD_FILE": str(build_file),
        "SCHOOLSTAT_BUILD_IS_COPY": "yes" if is_copy else "",
        "SCHOOLSTAT_BUILD_SLICES": str(slices),
        "DBT_TARGET_PATH": str(state / "target"),
        "DBT_LOG_PATH": str(state / "logs"),
    }
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def run_dbt(
    build_file: Path,
    state: Path,
    *arguments: str,
    is_copy: bool = False,
    slices: int = 1,
    project: Path | None = None,
):
    """Run one dbt command in this process.

    Args:
        build_file: the DuckDB file that dbt builds.
        state: folder for dbt's target and logs.
        is_copy: whether the file holds an earlier build of the same code.
        slices: how many slices the file's build scope has.
        arguments: the command and its options, for example ``"build", "--select", "fqn:schoolstat.marts"``.
        project: another dbt project than the warehouse's.

    Returns:
        The ``dbtRunnerResult``.
    """
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    with _environment(build_file, state, is_copy, slices):
        result = _invoke(project or DBT_PROJECT, build_file.stem, *arguments)
        DuckDBConnectionManager.close_all_connections()
    return result


def _invoke(project: Path, database: str, *arguments: str):
    """Run the command; the warehouse's own project is parsed once for the process, as in its nights."""
    from dbt.cli.main import dbtRunner

    places = ("--project-dir", str(project), "--profiles-dir", str(project), "--quiet")
    if project != DBT_PROJECT or arguments[0] == "parse":
        return dbtRunner().invoke([*arguments, *places])
    parsed = (project_fingerprint(project), database)
    if not _parsed:
        _parsed[parsed] = dbtRunner().invoke(["parse", *places]).result
    return dbtRunner(manifest=_parsed.get(parsed)).invoke([*arguments, *places])


def build_models(
    build_file: Path,
    state: Path,
    *,
    tests: bool = True,
    is_copy: bool = False,
    slices: int = 1,
    left: Sequence[str] = (),
) -> None:
    """Build every model in the two invocations between which the second door stands.

    Args:
        build_file: the DuckDB file with its inputs written.
        state: folder for dbt's target and logs; keep it between builds to parse once.
        tests: whether dbt's data and unit tests run too.
        is_copy: whether the file holds an earlier build of the same code.
        slices: how many slices the file's build scope has.
        left: models that stay as they were copied.
    """
    options = () if tests else ("--resource-type", "model", "--resource-type", "seed")
    if left:
        options = (*options, "--exclude", *left)
    for selection in (BEFORE_DOOR_2, AFTER_DOOR_2):
        result = run_dbt(build_file, state, "build", "--select", *selection, *options, is_copy=is_copy, slices=slices)
        if not result.success:
            raise AssertionError("dbt refused: " + describe_failures(result))


def describe_failures(result) -> str:
    """Name each node that failed, with dbt's message."""
    if result.exception is not None:
        return str(result.exception)
    failed = [item for item in result.result if item.status not in ("success", "pass", "skipped")]
    return "; ".join(f"{item.node.name}: {item.message}" for item in failed)
