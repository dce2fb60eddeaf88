"""Where a person who looks at an asset finds its documentation.

Does not belong here: the documentation (``docs/``).
"""

import dagster as dg

from ingestion.settings import REPOSITORY


def link_docs(docs_url: str, page: str) -> dg.MetadataValue:
    """The page on the collaborative's documentation site, or in the checkout where it has none.

    Args:
        docs_url: ``docs_url`` of ``collaborative.yaml``; may be empty.
        page: file below ``docs/``.
    """
    if docs_url:
        return dg.MetadataValue.url(f"{docs_url.rstrip('/')}/{page}")
    return dg.MetadataValue.path(str(REPOSITORY / "docs" / page))
