"""The list of OP metrics in ``docs/operations.md``: who works each out, what tests it, which state's files have it.

`PYTHONPATH=. python -m tests.dbt_project.operations_page` writes it again.
"""

import csv
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
PAGE = REPOSITORY / "docs" / "operations.md"
SEEDS = REPOSITORY / "dbt_project" / "seeds" / "conformed"
PARTS = ("numerator", "denominator")
QUOTIENTS = "measure_operations"
PASSED_ON = {"int_operations__measure", "int_operations__input"}
"""Models that only hand the amounts on."""
BEGIN, END = "<!-- metrics: begin -->\n", "<!-- metrics: end -->"
HEAD = "| metric | name | worked out by | unit tests | read from |\n| --- | --- | --- | --- | --- |\n"


def build_page(page: str) -> str:
    """The whole page, with the list as it must be."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + HEAD + "".join(map(_row, find_metrics())) + END + rest.split(END)[1]


@cache
def find_metrics() -> tuple[dict[str, Any], ...]:
    """Every metric of operations: its models, its unit tests, the mappings that read it."""
    return tuple(_metric(row) for row in _read("metric_dictionary") if row["metric_id"].startswith("OP."))


def _metric(row: dict[str, str]) -> dict[str, Any]:
    named = row["metric_id"]
    inputs = {ratio[part] for ratio in _read("metric_ratio") if ratio["metric_id"] == named for part in PARTS}
    found = [
        (model, name)
        for model, name, rows in unit_tests()
        if (model.startswith("measure_") and model != "measure_reported" and _names(rows, named))
        or (model.startswith("int_operations__") and any(_names(rows, each) for each in inputs))
    ]
    return {
        "id": named,
        "name": row["name"],
        "models": sorted(({model for model, _ in found} | ({QUOTIENTS} if inputs else set())) - PASSED_ON),
        "tests": sorted({name for _, name in found}),
        "mappings": sorted(mapping for mapping, text in mappings() if _names(text, named)),
    }


def _names(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w.]){re.escape(word)}(?!\w)", text) is not None


@cache
def _read(seed: str) -> tuple[dict[str, str], ...]:
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def unit_tests() -> tuple[tuple[str, str, str], ...]:
    """Model, name and expected rows of each of dbt's unit tests."""
    return tuple(_unit_tests())


def _unit_tests() -> Iterator[tuple[str, str, str]]:
    for path in sorted((REPOSITORY / "dbt_project" / "models").rglob("*.yml")):
        for test in yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", ()):
            yield test["model"], test["name"], str(test["expect"]["rows"])


@cache
def mappings() -> tuple[tuple[str, str], ...]:
    """Name and text of each mapping of a state's files."""
    folders = (REPOSITORY / "mappings", REPOSITORY / "collaboratives" / "massachusetts" / "mappings")
    paths = sorted(path for folder in folders for path in folder.rglob("*.yaml"))
    return tuple((_short(path), path.read_text(encoding="utf-8")) for path in paths)


def _short(path: Path) -> str:
    """Who publishes it, and its own name."""
    folder = path.parent if path.parent.name != "mappings" else path.parents[1]
    return f"{folder.name}/{path.stem.removeprefix('_')}"


def _row(metric: dict[str, Any]) -> str:
    lists = (", ".join(f"`{each}`" for each in metric[name]) for name in ("models", "tests", "mappings"))
    return f"| {metric['id']} | {metric['name']} | {' | '.join(lists)} |\n"


if __name__ == "__main__":
    PAGE.write_text(build_page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
