"""Models that a night leaves as they were copied: nothing that changed reaches them.

Belongs here: following from what changed to what is made of it, along dbt's graph. Does not belong here: what changed
(``ingestion.build_inputs``), which models have no row (``ingestion.blank_build``), and running dbt.

A build of the same code and configuration starts as a copy of the released one. A model that reads only contracts of
which the very same deliveries serve would become the same table again, and its tests would find the same: of a night
with one file of expenditures that is every model of attendance. The doors hash all tables, made or left.
"""

import re
from collections.abc import Collection
from typing import Any

from ingestion.build_inputs import PUBLISHED
from ingestion.contract import load_contracts

NAMES_ITS_CONTRACT = re.compile(
    r"source\('build', 'selection'\) }}\s+where contract (= '\w+'|in \('\w+'(?:, '\w+')*\))"
    r"(?: and is_current)?\s+(?:\)|group by)"
)
"""How a model reads the selection of a contract or a few alone; what else reads it is made anew each night."""

SELECTION = "source('build', 'selection')"

SCOPE = "build_scope"
"""The source that says which district-years are appended anew: it changes nothing that no contract changed."""


def find_left(
    manifest: Any, changed: Collection[str] | None, without_rows: Collection[tuple[str, str]] = ()
) -> dict[str, str]:
    """Names of what is left as it stands in the build file, by unique id.

    Args:
        manifest: dbt's manifest.
        changed: the contracts that changed since the build that was copied; None when all is made anew.
        without_rows: models (schema, name) that have no row, and had none.
    """
    unchanged = {} if changed is None else find_unchanged(manifest, changed)
    if not without_rows:
        return unchanged
    models = ((unique_id, node) for unique_id, node in manifest.nodes.items() if node.resource_type == "model")
    relations = {(node.schema, node.name): unique_id for unique_id, node in models}
    return unchanged | {relations[relation]: relation[1] for relation in without_rows}


def find_unchanged(manifest: Any, changed: Collection[str]) -> dict[str, str]:
    """Names of the models and seeds, by unique id, that none of these contracts reaches; each after what it reads.

    Args:
        manifest: dbt's manifest.
        changed: names of contracts, and of the source of what was published.
    """
    reached: dict[str, bool] = {}
    for unique_id, node in manifest.nodes.items():
        if node.resource_type in ("model", "seed"):
            _is_reached(manifest, unique_id, changed, reached)
    return {unique_id: manifest.nodes[unique_id].name for unique_id, was in reached.items() if not was}


def _is_reached(manifest: Any, unique_id: str, changed: Collection[str], reached: dict[str, bool]) -> bool:
    if unique_id not in reached:
        node = manifest.nodes[unique_id]
        parents = getattr(node.depends_on, "nodes", ())
        reached[unique_id] = any(
            _source_changed(manifest.sources[parent], node, changed)
            if parent in manifest.sources
            else _is_reached(manifest, parent, changed, reached)
            for parent in parents
        )
    return reached[unique_id]


def _source_changed(source: Any, reader: Any, changed: Collection[str]) -> bool:
    """Whether a model reads something else of a source than in the copied build; configuration is the same."""
    if source.source_name == "landing":
        contract = source.config.meta.get("contract", source.name)
        return contract in changed or contract not in load_contracts()
    if source.source_name != "build":
        return False
    if source.name == "selection":
        return _reads_selection_of_any(reader, changed)
    return source.name in changed if source.name == PUBLISHED else source.name != SCOPE


def _reads_selection_of_any(reader: Any, contracts: Collection[str]) -> bool:
    named = NAMES_ITS_CONTRACT.findall(reader.raw_code)
    reads_more = len(named) != reader.raw_code.count(SELECTION)
    return reads_more or any(name in contracts for names in named for name in re.findall(r"'(\w+)'", names))
