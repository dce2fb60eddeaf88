"""The warehouse's own page: every model, column, test and use, and what is made of what, in one file of HTML.

Belongs here: having dbt write it. Does not belong here: the descriptions, which stand in the yml beside each model. No
build is opened for it, so it holds nobody's rows.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from orchestration.dbt_runner import MANIFEST, PROJECT, dbt_places, dbt_runner, prepare_manifest, read_prepared

GENERATE = ("docs", "generate", "--static", "--empty-catalog", "--no-compile")
PAGE = "static_index.html"
"""What dbt calls the page."""


def write_docs(output: Path) -> None:
    """Write the page of the project as it stands.

    Raises:
        RuntimeError: dbt could not.
    """
    prepare_manifest()
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder)
        prepared = read_prepared(target / MANIFEST.name)
        if prepared is None:
            raise RuntimeError("the dbt project changed while its page was written; do it again")
        os.environ.setdefault("SCHOOLSTAT_BUILD_FILE", str(target / "warehouse.duckdb"))
        result = dbt_runner(prepared.manifest).invoke([*GENERATE, *dbt_places(target, target)])
        if not result.success:
            raise RuntimeError(f"dbt could not write the page: {result.exception}") from None
        page = (target / PAGE).read_text(encoding="utf-8")
    output.write_text(page.replace(_in_json(PROJECT), PROJECT.name), encoding="utf-8")


def _in_json(path: Path) -> str:
    """A path as dbt tells it of seeds: where the checkout lies is nobody else's business."""
    return json.dumps(str(path))[1:-1]
