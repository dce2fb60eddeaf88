"""Running dbt inside this process.

Belongs here: where the project, its profile and artefacts are, one invocation, and closing dbt's handle afterwards
(else nothing else in the process can open the build file). Does not belong here: which models belong to which asset.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from ingestion.home import Home, write_atomically
from ingestion.settings import REPOSITORY
from orchestration.unchanged_models import find_left

PROJECT = REPOSITORY / "dbt_project"
MANIFEST = PROJECT / "target" / "manifest.json"
"""The manifest that Dagster's definitions are made from; written by ``schoolstat prepare``, never at import."""

SAVED = "partial_parse.msgpack"
"""dbt's own copy of the manifest, which it reads in a tenth of the time."""

MARK = "fingerprint.json"
"""What says of which files the manifest was made, and by what."""

FAILED = ("error", "fail", "runtime error")
"""What dbt calls nodes that did not pass."""

UPSTREAM = ("fqn:schoolstat.staging", "fqn:schoolstat.conformed", "fqn:schoolstat.measures")
LEFT = "left_as_it_stands"
"""The tag of what an invocation leaves out."""

NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")
DOWNSTREAM = ("fqn:schoolstat.marts", "fqn:schoolstat.shared")


@dataclass(frozen=True)
class NodeResult:
    """Outcome of one dbt node: its unique id, status word, seconds, and the rows it failed on (tests).

    Of a model also its schema and name, and the SQL that dbt ran.
    """

    unique_id: str
    status: str
    seconds: float
    failures: int | None
    relation: tuple[str, str] | None = None
    sql: str = ""


@dataclass(frozen=True)
class DbtOutcome:
    """Outcome of one invocation, without any message that could quote a row.

    Attributes:
        success: dbt did all that it was asked to do.
        nodes: what it did, by unique id.
        error_class: the class of the error that ended it.
        unchanged: unique ids of the models that were left as they were copied.
    """

    success: bool
    nodes: dict[str, NodeResult]
    error_class: str | None = None
    unchanged: tuple[str, ...] = ()

    def failed(self) -> list[str]:
        """Unique ids of the nodes that did not pass."""
        return sorted(uid for uid, node in self.nodes.items() if node.status in FAILED)


@dataclass(frozen=True)
class ParsedProject:
    """dbt's manifest in memory, and what it was made of: the project's files, and the file that says the same."""

    fingerprint: str
    path: Path
    sha256: str
    manifest: Any

    def still_holds(self, path: Path) -> bool:
        """Whether the project and the written manifest are what they were."""
        return (self.fingerprint, self.path) == (project_fingerprint(), path) and self.sha256 == _hash(path)


class DbtRunner:
    """Invokes dbt in this process: half the cost of a process of its own.

    The project is parsed, and its manifest written, once: not again in each invocation and each night.
    """

    def __init__(self) -> None:
        self._parsed: ParsedProject | None = None

    def build(
        self,
        home: Home,
        select: tuple[str, ...],
        *,
        from_nothing: bool,
        changed: Collection[str] | None = None,
        without_rows: Collection[tuple[str, str]] = (),
        slices: int = 1,
    ) -> DbtOutcome:
        """Run ``dbt build`` for ``select`` on the build file of ``home``.

        Unit tests prove the code, not the data: they run until these very project files have passed them once, and
        then not again before one of the files changes.

        Args:
            home: the home.
            select: what dbt selects.
            from_nothing: the file is not a copy of the released build.
            changed: the contracts that changed since; what none of them reaches is left as it was copied. By default
                all is made anew.
            without_rows: models that have no row and stand in the file, or in the one that it is a copy of.
            slices: how many slices the build's scope has.
        """
        proven = is_proven(select)
        os.environ["SCHOOLSTAT_BUILD_IS_COPY"] = "" if from_nothing else "yes"
        os.environ["SCHOOLSTAT_BUILD_SLICES"] = str(slices)
        options = [*(["--full-refresh"] if from_nothing else []), *(NO_UNIT_TESTS if proven else [])]
        made_anew = None if from_nothing or not proven else changed
        empty = without_rows if proven else ()
        outcome = self._invoke(home, ["build", "--select", *select, *options], made_anew, empty)
        if outcome.success:
            _remember_proof(select)
        return outcome

    def _invoke(
        self,
        home: Home,
        arguments: list[str],
        changed: Collection[str] | None = None,
        without_rows: Collection[tuple[str, str]] = (),
    ) -> DbtOutcome:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        os.environ["SCHOOLSTAT_BUILD_FILE"] = str(home.build_file)
        places, path = dbt_places(home.dbt_target, home.dbt_logs), home.dbt_target / MANIFEST.name
        try:
            if self._parsed is None or not self._parsed.still_holds(path):
                self._parsed = read_prepared(path)
            if self._parsed is None:
                result = dbt_runner().invoke(["parse", *places])
                if not result.success:
                    return _outcome(result)
                self._parsed = ParsedProject(project_fingerprint(), path, _hash(path), result.result)
            manifest = self._parsed.manifest
            unchanged = find_left(manifest, changed, without_rows)
            exclude = leave_out(manifest, unchanged) if unchanged else []
            result = dbt_runner(manifest, prints=False).invoke([*arguments, *exclude, "--no-write-json", *places])
        finally:
            DuckDBConnectionManager.close_all_connections()
        _keep_messages(home, result)
        return replace(_outcome(result), unchanged=tuple(unchanged))


def leave_out(manifest: Any, left: Collection[str]) -> list[str]:
    """Tag the nodes with these unique ids, and no others; gives the option by which dbt leaves them out.

    For each name that it is told instead it would go through all nodes, several times over.
    """
    for unique_id, node in manifest.nodes.items():
        node.tags = [*(tag for tag in node.tags if tag != LEFT), *([LEFT] if unique_id in left else [])]
    return ["--exclude", f"tag:{LEFT}"]


def prepare_manifest() -> Path:
    """Parse the project and write the manifest that the definitions read, if the project's files have changed.

    Raises:
        RuntimeError: the project does not parse; no manifest counts as prepared then.
    """
    if is_prepared():
        return MANIFEST
    mark = MANIFEST.with_name(MARK)
    mark.unlink(missing_ok=True)
    os.environ.setdefault("SCHOOLSTAT_BUILD_FILE", str(MANIFEST.with_name("warehouse.duckdb")))
    result = dbt_runner().invoke(["parse", *dbt_places(MANIFEST.parent, MANIFEST.parent / "logs")])
    if not result.success:
        raise RuntimeError(f"the dbt project does not parse: {result.exception}") from None
    mark.write_text(json.dumps(_prepared_as()), encoding="utf-8")
    return MANIFEST


def is_prepared() -> bool:
    """Whether the written manifest is that of the project as it stands, by this very dbt."""
    mark = MANIFEST.with_name(MARK)
    return mark.exists() and json.loads(mark.read_text(encoding="utf-8")) == _prepared_as()


def read_prepared(path: Path) -> ParsedProject | None:
    """The project as ``schoolstat prepare`` parsed it, its manifest put where it is looked for; None without that.

    To parse it anew costs five CPU seconds in each process, to read it a third of one.
    """
    from dbt.contracts.graph.manifest import Manifest

    if not is_prepared():
        return None
    manifest = Manifest.from_msgpack(MANIFEST.with_name(SAVED).read_bytes())
    manifest.build_flat_graph()
    write_atomically(path, MANIFEST.read_text(encoding="utf-8"))
    return ParsedProject(project_fingerprint(), path, _hash(path), manifest)


def _prepared_as() -> dict[str, str]:
    """What the manifest was made of and by, and the files that dbt wrote of it."""
    return {
        "project": project_fingerprint(),
        "dbt": metadata.version("dbt-core"),
        "manifest": _hash(MANIFEST),
        "saved": _hash(MANIFEST.with_name(SAVED)),
    }


def is_proven(select: tuple[str, ...]) -> bool:
    """Whether the project as it stands has passed the unit tests of ``select`` in this checkout."""
    return _proof(select).exists()


def _remember_proof(select: tuple[str, ...]) -> None:
    if os.access(MANIFEST.parent, os.W_OK):  # an image may be read-only: then they run whenever a build does
        _proof(select).touch()


def _proof(select: tuple[str, ...]) -> Path:
    """The empty file that stands for a proof: named by what was selected, the project and what ran it."""
    parts = [*select, project_fingerprint(), metadata.version("dbt-core"), metadata.version("duckdb")]
    return MANIFEST.with_name(f"unit_tests_{hashlib.sha256(' '.join(parts).encode()).hexdigest()[:16]}.passed")


def project_fingerprint(project: Path = PROJECT) -> str:
    """SHA-256 over a project's source files (names and contents)."""
    digest = hashlib.sha256()
    generated = project / "target"
    for path in sorted(p for p in project.rglob("*") if p.is_file() and generated not in p.parents):
        digest.update(str(path.relative_to(project)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def dbt_places(target: Path, logs: Path) -> list[str]:
    """dbt's options for the project, and where it writes."""
    return [
        *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(target), "--log-path", str(logs)),
        *("--log-level", "none", "--log-level-file", "none", "--no-version-check"),
    ]


def dbt_runner(manifest: Any = None, *, prints: bool = True) -> Any:
    """What invokes dbt and prints its errors: its own logger writes out each of a thousand events to choose these.

    A build prints none: what a database says quotes a cell, and Dagster keeps what a step prints.
    """
    from dbt.cli.main import dbtRunner

    return dbtRunner(manifest=manifest, callbacks=[_print_error] if prints else [])


def _print_error(event: Any) -> None:
    from dbt_common.events.functions import env_scrubber

    if event.info.level == "error":
        sys.stdout.write(f"{env_scrubber(event.info.msg)}\n")


def _keep_messages(home: Home, result: Any) -> None:
    """Keep what the database said of each node that failed, where the operator alone reads it: it may quote rows."""
    nodes = getattr(result.result, "results", None) or []
    told = [f"{node.node.unique_id}: {node.message}" for node in nodes if str(node.status) in FAILED]
    told += [repr(result.exception)] if result.exception else []
    if not told:
        return
    folder = home.ensure().archive / "errors"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"dbt-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.txt"
    path.touch(mode=0o600)
    path.write_text("\n".join(told) + "\n", encoding="utf-8")


def _outcome(result: Any) -> DbtOutcome:
    nodes = {
        node.node.unique_id: NodeResult(
            unique_id=node.node.unique_id,
            status=str(node.status),
            seconds=round(float(node.execution_time or 0.0), 3),
            failures=node.failures,
            relation=(node.node.schema, node.node.name) if node.node.resource_type == "model" else None,
            sql=getattr(node.node, "compiled_code", None) or "",
        )
        for node in getattr(result.result, "results", None) or []
    }
    error = type(result.exception).__name__ if result.exception else None
    return DbtOutcome(success=bool(result.success), nodes=nodes, error_class=error)
