"""The release as an asset: published from the build that the receipts name, whoever asks for it.

Does not belong here: what makes a release valid (``publishing.release``).
"""

import dagster as dg

from orchestration.docs_link import link_docs
from orchestration.failures import sanitized
from orchestration.resources import WarehouseResource
from orchestration.steps import release as publish_release


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
                "docs": link_docs(docs_url, "runbook.md"),
            }
        )

    return current
