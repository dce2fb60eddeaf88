"""The release as an asset, published from the build that the receipts name, and its copies elsewhere.

Does not belong here: what makes a release valid (``publishing.release``).
"""

import dagster as dg

from expectations.quality_page import page_path
from orchestration.docs_link import link_docs
from orchestration.failures import sanitized
from orchestration.resources import WarehouseResource
from orchestration.steps import copy_to_targets
from orchestration.steps import release as publish_release

TARGETS = ("release", "targets")
"""The asset's key; that it failed does not mean that the night did."""


def build_release_asset(owners: tuple[str, ...], docs_url: str, released: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset ``release/current``, downstream of every model that may be released."""

    @dg.asset(
        key=dg.AssetKey(["release", "current"]),
        group_name="release",
        kinds={"duckdb", "parquet"},
        owners=list(owners),
        deps=released,
        description="What readers get: collaborative.duckdb, shared.duckdb, one private file per district, Parquet and "
        "a manifest. Refused unless the receipts of doors 2 and 3 bind exactly what is published.",
    )
    def current(warehouse: WarehouseResource) -> dg.MaterializeResult:
        with sanitized("release/current", warehouse.resolved_home()):
            published = publish_release(warehouse.open())
        return dg.MaterializeResult(
            metadata={
                "release_id": published.release_id,
                "build_id": published.build_id,
                "content_hash": published.content_hash,
                "private_files": len(list((published.path / "private").glob("*.duckdb"))),
                "path": dg.MetadataValue.path(str(published.path)),
                "quality_page": dg.MetadataValue.path(str(page_path(warehouse.resolved_home()))),
                "docs": link_docs(docs_url, "runbook.md"),
            }
        )

    return current


def build_targets_asset(owners: tuple[str, ...], docs_url: str, release: dg.AssetsDefinition) -> dg.AssetsDefinition:
    """The asset ``release/targets``: the release on each server that the collaborative names."""

    @dg.asset(
        key=dg.AssetKey(TARGETS),
        group_name="release",
        kinds={"postgres", "s3"},
        owners=list(owners),
        deps=[release],
        description="The release that is current, copied to each target; its own pointer moves last. A target that "
        "cannot take it keeps what it had and catches up the next night: the release in the home stands.",
    )
    def targets(warehouse: WarehouseResource) -> dg.MaterializeResult:
        with sanitized("/".join(TARGETS), warehouse.resolved_home()):
            outcomes = copy_to_targets(warehouse.open())
        failed = [f"{one.target}: {one.message}" for one in outcomes if one.outcome == "failed"]
        if failed:
            raise dg.Failure(description="; ".join(failed), allow_retries=False)
        told = {
            one.target: f"{one.outcome} {one.release_id} in {one.seconds} s{f'; {one.note}' if one.note else ''}"
            for one in outcomes
        }
        return dg.MaterializeResult(metadata={**told, "docs": link_docs(docs_url, "runbook.md")})

    return targets
