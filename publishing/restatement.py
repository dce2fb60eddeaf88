"""Computed figures of years that were over, of which a release says something else than the one before it.

Belongs here: counting them by metric and year. Does not belong here: figures that a state printed anew, which have
vintages (``mart_restatement``), and the words of it (``reporting.night_summary``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from publishing.artefacts import connect, literal
from publishing.manifest import ReleaseCorrupt, read_manifest, require_file

AUDIENCE = "collaborative.duckdb"
KEY = "district_id, metric_id, variant, entity_type, entity_id, school_year, period, subgroup, breakdown"
SAID = "value, numerator, denominator, n, value_status"
READ = {("dim_period", "ends_on"), *(("fct_metric_value", name) for name in f"{KEY}, {SAID}, basis".split(", "))}
"""Columns that both releases must have; one of another version of the product may lack some."""

# A figure is found again by the hash of its key: both sides of the join stay small however long the metrics' names are.
RESTATED = """
with closed as (
    select school_year from before.dim_period
    group by school_year having max(ends_on) filter (where period = 'year') < cast(? as date)
),
earlier as (
    select school_year, metric_id, {key} as key, {said} as said from before.fct_metric_value
    where basis = 'computed' and school_year in (from closed)
),
later as (
    select {key} as key, {said} as said from now.fct_metric_value
    where basis = 'computed' and school_year in (from closed)
)
select school_year, metric_id, count(*) as n_figures
from earlier left join later using (key)
where earlier.said is distinct from later.said
group by all order by all
""".format(key=f"hash({KEY})", said=f"hash({SAID})")


def count_restated(folder: Path, before: Path | None) -> list[dict[str, Any]] | None:
    """How many figures of closed years changed or are gone, by school year and metric.

    A year is closed that was over when the release before was as of: until then its figures grow with each night. What
    was not known before is new, and restates nothing.

    Args:
        folder: the new release, its files written.
        before: the current release; None before the first.

    Returns:
        ``school_year``, ``metric_id``, ``n_figures``; None where nothing sound is there to compare with.
    """
    if before is None:
        return None
    try:
        manifest = read_manifest(before)
        earlier = require_file(before, manifest, AUDIENCE)
    except ReleaseCorrupt:
        return None  # the new release does not depend on one that was changed
    with connect() as connection:
        for name, path in (("before", earlier), ("now", folder / AUDIENCE)):
            connection.execute(f"attach {literal(str(path))} as {name} (read_only)")
            if not _columns(connection, name) >= READ:
                return None
        rows = connection.execute(RESTATED, [manifest["as_of"]]).fetchall()
    return [dict(zip(("school_year", "metric_id", "n_figures"), row, strict=True)) for row in rows]


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> set[tuple[str, str]]:
    sql = "select table_name, column_name from duckdb_columns() where database_name = ?"
    return set(connection.execute(sql, [database]).fetchall())
