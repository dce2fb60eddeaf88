"""All of operations: the product's models by dbt, beside the same selects run one after the other by DuckDB alone.

Belongs here: both runs, on copies of a finished build. Does not belong here: the build (``__main__.py``). The bare run
leaves out dbt and nothing else: what the selects themselves could save is not told.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from ingestion.settings import REPOSITORY
from synthetic.bench.measured import Cost, measure
from synthetic.bench.table import Row

MODELS = ("fqn:schoolstat.conformed.operations", "measure_operations", "measure_turnaround", "mart_operations_kpi")
_PROJECT = REPOSITORY / "dbt_project"


def run_models(build: Path, folder: Path) -> Cost:
    """The models of operations, made from nothing by dbt."""
    environment = {
        "SCHOOLSTAT_BUILD_FILE": str(build),
        "SCHOOLSTAT_BUILD_IS_COPY": "",
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    places = ["--project-dir", str(_PROJECT), "--profiles-dir", str(_PROJECT), "--quiet"]
    measure("dbt.cli.main", ["parse", *places], folder / "dbt.log", environment)
    arguments = ["run", *places, "--full-refresh", "--select", *MODELS]
    return measure("dbt.cli.main", arguments, folder / "dbt.log", environment)


def read_selects(folder: Path) -> list[tuple[str, str, str]]:
    """What dbt made, in its order: table or view, schema and name, and the select."""
    results = json.loads((folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = json.loads((folder / "target" / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    made = [(nodes[result["unique_id"]], result["compiled_code"]) for result in results]
    return [
        ("view" if node["config"]["materialized"] == "view" else "table", f"{node['schema']}.{node['name']}", select)
        for node, select in made
    ]


def run_bare(build: Path, selects: Path) -> None:
    """The same tables and views, by the same selects."""
    import duckdb

    with duckdb.connect(str(build), config={"threads": 2, "memory_limit": "600MB"}) as connection:
        for kind, name, select in json.loads(selects.read_text(encoding="utf-8")):
            connection.execute(f"drop {kind} if exists {name} cascade")
            connection.execute(f"create {kind} {name} as {select}")


def compare(scale: str, build: Path, folder: Path) -> Row:
    """A row of the table: figures of operations, and CPU seconds of both."""
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    ours_file, bare_file = (Path(shutil.copy(build, folder / f"{name}.duckdb")) for name in ("ours", "bare"))
    ours = run_models(ours_file, folder)
    selects = folder / "selects.json"
    selects.write_text(json.dumps(read_selects(folder)), encoding="utf-8")
    bare = measure("synthetic.bench.operations", [str(bare_file), str(selects)], folder / "bare.log")
    with duckdb.connect(str(ours_file), read_only=True) as connection:
        (n_figures,) = connection.execute("select count(*) from measures.measure_operations").fetchall()[0]
    return (
        scale, f"{n_figures:,}", f"{ours.cpu_seconds:.1f}", f"{bare.cpu_seconds:.1f}",
        f"{ours.cpu_seconds / bare.cpu_seconds:.2f}", f"{ours.peak_mib:.0f}", f"{bare.peak_mib:.0f}",
    )  # fmt: skip


if __name__ == "__main__":
    run_bare(Path(sys.argv[1]), Path(sys.argv[2]))
