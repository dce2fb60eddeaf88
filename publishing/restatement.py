"""What the release before said: found for a build to be compared with, and what became of it counted.

Belongs here: the release that a build is compared with, and counting what ``mart_restated_figure`` says of it by metric
and year. Does not belong here: comparing figures (that model), figures that a state printed anew, which have vintages
(``mart_restatement``), and the words of it (``reporting.night_summary``).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from ingestion.build_inputs import SELECTION_FILE
from ingestion.earlier_release import EarlierRelease
from ingestion.home import Home
from publishing.artefacts import connect, literal
from publishing.manifest import Manifest, ReleaseCorrupt, read_manifest, require_file
from publishing.shelf import current_release_id, release_ids, release_number

AUDIENCE = "collaborative.duckdb"
RESTATED = "mart_restated_figure"
PARQUET = "parquet/collaborative/{}.parquet"

COMPARED_WITH = "select release_id from build.build.earlier_release"
COUNTED = f"""
select school_year, metric_id, count(*) as n_figures
from {RESTATED} where release_id_before = ?
group by all order by all
"""


def find_earlier(home: Home) -> EarlierRelease | None:
    """The current release; where a file of it was changed or is missing, the last sound one before it.

    None before the first: then nothing is there to compare with. Builds are not backed up: in a restored home it is not
    known what served then.
    """
    current = current_release_id(home)
    if current is None:
        return None
    before = [name for name in release_ids(home) if release_number(name) <= release_number(current)]
    found = (_open(home, name) for name in reversed(before))
    return next((earlier for earlier in found if earlier is not None), None)


def count_restated(folder: Path, build_file: Path) -> list[dict[str, Any]] | None:
    """How many figures a release says something else of than the one before it, by school year and metric.

    The build's id does not tell them: after a correction was taken back the same build says so a second time.

    Args:
        folder: the new release, its files written.
        build_file: the build that it is made of, which knows the release that it was compared with.

    Returns:
        ``school_year``, ``metric_id``, ``n_figures``; None where it was compared with none.
    """
    with connect() as connection:
        connection.execute(f"attach {literal(str(build_file))} as build (read_only)")
        connection.execute(f"attach {literal(str(folder / AUDIENCE))} as release (read_only)")
        connection.execute("use release")
        before = connection.execute(COMPARED_WITH).fetchone()
        if before is None:
            return None
        rows = connection.execute(COUNTED, before).fetchall()
    return [dict(zip(("school_year", "metric_id", "n_figures"), row, strict=True)) for row in rows]


def _open(home: Home, release_id: str) -> EarlierRelease | None:
    """A release as a build is compared with it; None if it is not what was released."""
    folder = home.releases / release_id
    try:
        manifest = read_manifest(folder)
        figures = require_file(folder, manifest, PARQUET.format("fct_metric_value"))
        restated = _restated(folder, manifest)
    except ReleaseCorrupt:
        return None  # no figure is compared with one that was changed after its release
    selection = home.build_folder(manifest["build_id"]) / SELECTION_FILE
    return EarlierRelease(
        release_id=release_id,
        as_of=date.fromisoformat(manifest["as_of"]),
        code_hash=manifest["code_hash"],
        config_hash=manifest["config_hash"],
        figures=figures,
        restated=restated,
        selection=selection if selection.is_file() else None,
    )


def _restated(folder: Path, manifest: Manifest) -> Path | None:
    name = PARQUET.format(RESTATED)
    return require_file(folder, manifest, name) if name in manifest["files"] else None
