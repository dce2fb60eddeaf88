"""`metrics.yml` of the semantic project, made of the metric dictionary.

`PYTHONPATH=. python -m tests.dbt_project.semantic_metrics` makes it again.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import yaml

DBT_PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
PROJECT = DBT_PROJECT.parent / "semantic"
PAGE = PROJECT / "models" / "metrics.yml"
DICTIONARY = DBT_PROJECT / "seeds" / "conformed" / "metric_dictionary.csv"
RATE = DBT_PROJECT / "macros" / "portable" / "rate.sql"
HEAD = """# Made of the metric dictionary: PYTHONPATH=. python -m tests.dbt_project.semantic_metrics writes it again.
# A figure alone is as it stands; several of one slice are the ratio of their sums, by the macro `rate`; several of
# two slices, or with a part that is unknown or hidden, are nothing.
"""
INPUTS = ["figures", "slices", "without_parts", "figure_value", "numerator", "denominator"]
SHOWN = ("metric_id", "unit", "scale", "direction", "disclosure", "minimum_n", "method_version")


def ratio_metrics() -> list[dict[str, str]]:
    """The dictionary's rows that are rolled up as a ratio of sums."""
    with DICTIONARY.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["aggregation"] == "ratio_of_sums"]


def metric_name(metric_id: str) -> str:
    """How MetricFlow names a metric of ours: OP.TR05b is op_tr05b."""
    return metric_id.lower().replace(".", "_")


def build_metrics() -> str:
    """The whole file."""
    body = {"metrics": list(_metrics(_expression()))}
    return HEAD + yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=120)


def _metrics(expression: str) -> Iterator[dict[str, Any]]:
    type_params = {"expr": expression, "metrics": INPUTS}
    for row in ratio_metrics():
        definition = f"{row['numerator_definition']}, divided by: {row['denominator_definition']}."
        yield {
            "name": metric_name(row["metric_id"]),
            "label": f"{row['metric_id']} {row['name']}",
            "description": f"{definition} {row['rules']}".strip(),
            "type": "derived",
            "filter": f"{{{{ Dimension('figure__metric_id') }}}} = '{row['metric_id']}'",
            "type_params": type_params,
            "config": {"meta": {name: row[name] for name in SHOWN if row[name]}},
        }


def _expression() -> str:
    macros = jinja2.Environment(autoescape=False).from_string(RATE.read_text(encoding="utf-8")).module  # noqa: S701
    rate = " ".join(macros.duckdb__rate("numerator", "denominator").split())
    return f"case when figures = 1 then figure_value when slices = 1 and without_parts = 0 then {rate} end"


if __name__ == "__main__":
    PAGE.write_text(build_metrics(), encoding="utf-8")
