"""A long ledger to all spending and equity marts: the product's models, beside the same as bare SQL.

Belongs here: making the ledger of a finished build long without changing what it adds up to, and both runs. Does not
belong here: the bare SQL (``bare_spending.py``), the build that is measured on (``__main__.py``).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from ingestion.settings import REPOSITORY
from synthetic.bench.measured import Cost, measure
from synthetic.bench.table import Row

LINES = 5_000_000
_PROJECT = REPOSITORY / "dbt_project"


def lengthen_ledger(build: Path, target: Path, least_lines: int) -> int:
    """A copy of a build whose ledger has so many lines: each line in as many parts, which add up to it to the cent.

    Args:
        build: a finished build's file.
        target: the copy; the ledger's Parquet lies beside it.
        least_lines: how many lines at least.

    Returns:
        How many lines there are.
    """
    import duckdb

    shutil.copy(build, target)
    lines = target.with_suffix(".gl_actuals.parquet")
    with duckdb.connect(str(target), config={"threads": 2, "memory_limit": "1GB"}) as connection:
        (n_lines,) = connection.execute("select count(*) from landing.gl_actuals").fetchall()[0]
        parts = max(1, -(-least_lines // n_lines))
        part = f"(trunc(amount_usd * 100 / {parts}) / 100)::decimal(18, 2)"
        connection.execute(
            f"copy (select * replace (txn_id || '/' || place as txn_id, (case when place > 0 then {part} "
            f"else amount_usd - {part} * {parts - 1} end)::decimal(18, 2) as amount_usd) "
            f"from landing.gl_actuals, (select unnest(range({parts})) as place)) "
            f"to '{lines}' (format parquet, compression zstd)"
        )
        columns = ", ".join(row[0] for row in connection.execute("describe landing.gl_actuals").fetchall())
        connection.execute("drop view if exists landing.gl_actuals")
        connection.execute(
            f"create view landing.gl_actuals as select {columns.replace(', place', '')} from read_parquet('{lines}')"
        )
    return n_lines * parts


def dbt_environment(build: Path, folder: Path, slices: int = 1) -> dict[str, str]:
    """What dbt is told of the build that it makes from nothing, in so many slices."""
    return {
        "SCHOOLSTAT_BUILD_FILE": str(build),
        "SCHOOLSTAT_BUILD_IS_COPY": "",
        "SCHOOLSTAT_BUILD_SLICES": str(slices),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def dbt_places() -> list[str]:
    """Where dbt finds the models."""
    return ["--project-dir", str(_PROJECT), "--profiles-dir", str(_PROJECT), "--quiet"]


def run_models(build: Path, folder: Path) -> Cost:
    """All models that the ledger reaches, made from nothing by dbt."""
    environment, places = dbt_environment(build, folder), dbt_places()
    measure("dbt.cli.main", ["parse", *places], folder / "dbt.log", environment)
    arguments = ["run", *places, "--full-refresh", "--select", "source:landing.gl_actuals+"]
    return measure("dbt.cli.main", arguments, folder / "dbt.log", environment)


def compare(scale: str, build: Path, folder: Path, least_lines: int = LINES) -> Row:
    """A row of the table: lines, and CPU seconds of both."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bare").mkdir(exist_ok=True)
    long = folder / "long.duckdb"
    n_lines = lengthen_ledger(build, long, least_lines)
    bare = measure("synthetic.bench.bare_spending", [str(long), str(folder / "bare")], folder / "bare.log")
    ours = run_models(long, folder)
    return (
        scale, f"{n_lines:,}", f"{ours.cpu_seconds:.1f}", f"{bare.cpu_seconds:.1f}",
        f"{ours.cpu_seconds / bare.cpu_seconds:.2f}", f"{ours.peak_mib:.0f}", f"{bare.peak_mib:.0f}",
    )  # fmt: skip
