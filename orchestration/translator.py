"""How dbt's nodes look in Dagster: one policy for every layer, nothing per model.

Belongs here: keys, groups, owners and documentation links. Does not belong here: lists of models (intent stands in
the model's own yml).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

GROUPS = {"seeds": "conformed", "shared": "marts"}
"""Layers that stand in another layer's group; every other layer is its own group."""


class LayerTranslator(DagsterDbtTranslator):
    """Keys are ``[layer, model]``; sources name their asset in ``meta.dagster.asset_key``."""

    def __init__(self, owners: tuple[str, ...]) -> None:
        super().__init__(
            settings=DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_duplicate_source_asset_keys=True)
        )
        self._owners = list(owners)

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """``[layer, model]``; for a source the key that its yml names."""
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return dg.AssetKey([layer_of(dbt_resource_props), dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """The layer, or the group that the layer stands in."""
        layer = layer_of(dbt_resource_props)
        return GROUPS.get(layer, layer)

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        """The collaborative's owners (teams or addresses from its configuration)."""
        return self._owners


def layer_of(dbt_resource_props: Mapping[str, Any]) -> str:
    """The first folder below ``models/`` (or ``seeds``) that the node stands in."""
    if dbt_resource_props["resource_type"] == "seed":
        return "seeds"
    return dbt_resource_props["fqn"][1]
