"""What dbt's manifest says about the product's models.

Belongs here: reading ``manifest.json`` into the few facts that doors and releases need (layer, key, audiences,
comments). Does not belong here: any decision taken from them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

AUDIENCES = ("collaborative", "private", "shared")


class ModelsUnknown(Exception):
    """dbt's manifest is missing or a model's yml does not say what it must."""


@dataclass(frozen=True)
class ColumnInfo:
    """A column as its yml declares it."""

    name: str
    description: str
    data_type: str


@dataclass(frozen=True)
class ModelInfo:
    """One dbt model.

    Attributes:
        schema: the schema in the build file, which is the layer's name.
        key: the columns that make a row unique, ``config.meta.key``.
        audiences: the artefacts in which the model may appear, ``config.meta.release``; empty means none.
        rows_of: the model of which a view shows rows, as they are or those of a district put in one; the only one it
            reads, ``config.meta.rows_of``.
    """

    name: str
    schema: str
    materialized: str
    key: tuple[str, ...]
    audiences: tuple[str, ...]
    description: str
    columns: tuple[ColumnInfo, ...]
    rows_of: str | None = None

    @property
    def layer(self) -> str:
        """Staging, conformed, measures, marts or shared."""
        return self.schema

    @property
    def is_view(self) -> bool:
        """Whether the build file holds the model as a view."""
        return self.materialized == "view"

    @property
    def is_mart(self) -> bool:
        """Whether readers build upon the model, so that door 3 must have a suite for it."""
        return self.schema in ("marts", "shared") and not self.name.startswith("int_")


def read_models(dbt_target: Path) -> list[ModelInfo]:
    """Read every model of dbt's manifest, sorted by name.

    Args:
        dbt_target: the folder that holds ``manifest.json``.

    Raises:
        ModelsUnknown: there is no manifest, or a model names an audience that does not exist, lacks its key, or is
            not what its ``rows_of`` says.
    """
    manifest = dbt_target / "manifest.json"
    if not manifest.exists():
        raise ModelsUnknown(f"{manifest}: dbt's manifest is missing; run dbt once (schoolstat refresh does)")
    nodes = json.loads(manifest.read_text(encoding="utf-8"))["nodes"].values()
    models = [_model(node) for node in nodes if node["resource_type"] == "model"]
    return sorted(models, key=lambda model: model.name)


def released_models(models: list[ModelInfo], audience: str | None = None) -> list[ModelInfo]:
    """The models that may appear in a release, or in one audience's artefact."""
    return [model for model in models if (audience in model.audiences if audience else model.audiences)]


def order_by_rows(models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Each model after the one whose rows it shows."""
    by_name = {model.name: model for model in models}
    reads = {model.name: [model.rows_of] if model.rows_of in by_name else [] for model in models}
    return [by_name[name] for name in TopologicalSorter(reads).static_order()]


def _model(node: dict[str, Any]) -> ModelInfo:
    meta = node["config"].get("meta") or {}
    audiences = tuple(meta.get("release") or ())
    unknown = [audience for audience in audiences if audience not in AUDIENCES]
    if unknown:
        raise ModelsUnknown(
            f"{node['name']}: meta.release names {', '.join(unknown)}; an audience is one of {', '.join(AUDIENCES)}"
        )
    key = tuple(meta.get("key") or ())
    if not key and (audiences or node["config"]["materialized"] in ("table", "incremental")):
        raise ModelsUnknown(f"{node['name']}: the yml says no meta.key, so its content cannot be hashed in order")
    columns = tuple(
        ColumnInfo(column["name"], column.get("description") or "", column.get("data_type") or "")
        for column in node["columns"].values()
    )
    return ModelInfo(
        name=node["name"],
        schema=node["schema"],
        materialized=node["config"]["materialized"],
        key=key,
        audiences=audiences,
        description=node.get("description") or "",
        columns=columns,
        rows_of=_rows_of(node, meta),
    )


def _rows_of(node: dict[str, Any], meta: dict[str, Any]) -> str | None:
    """The model of which this one shows rows, if its yml names one and its SQL agrees."""
    name = meta.get("rows_of")
    if name is None:
        return None
    reads = [unique_id.rpartition(".")[2] for unique_id in node["depends_on"]["nodes"]]
    if node["config"]["materialized"] != "view" or reads != [name]:
        raise ModelsUnknown(
            f"{node['name']}: meta.rows_of names {name}, so the model must be a view that reads {name} alone; "
            f"it is a {node['config']['materialized']} that reads {', '.join(reads) or 'nothing'}"
        )
    return name
