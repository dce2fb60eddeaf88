"""What the release before says, as a build reads it: its computed figures, what served then, what it knew as restated.

Belongs here: the columns of these inputs and the SQL that reads them. Does not belong here: finding a sound release
(``publishing.restatement``) and comparing (``mart_restated_figure``).

The build's id does not name the release before: figures follow from the inputs alone, and only what was said of them
earlier depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ingestion.destroyed_slots import DistrictYear
from ingestion.sql_text import literal, quote, select_nothing

KEY = {
    **{"district_id": "varchar", "metric_id": "varchar", "variant": "varchar", "entity_type": "varchar"},
    **{"entity_id": "varchar", "school_year": "integer", "period": "varchar", "subgroup": "varchar"},
    **{"breakdown": "varchar"},
}
"""What tells one computed figure from another, with the SQL types."""

SAID = {
    "value": "decimal(38, 10)",
    "numerator": "decimal(38, 6)",
    "denominator": "decimal(38, 6)",
    "n": "decimal(38, 6)",
    "value_status": "varchar",
}
"""What a release says of a figure."""

FIGURES = {**KEY, **SAID, "basis": "varchar"}

RESTATED = {
    **KEY,
    **{f"{name}_{side}": kind for name, kind in SAID.items() for side in ("before", "after")},
    **{"reason": "varchar", "changed_extracts": "varchar"},
    **{"delivery_ids_before": "varchar", "delivery_ids_after": "varchar"},
    **{"as_of_before": "date", "as_of_after": "date", "release_id_before": "varchar", "build_id_after": "varchar"},
}
"""Columns of ``mart_restated_figure``, in order."""

SERVED = {
    **{"district_id": "varchar", "extract": "varchar", "contract": "varchar", "school_year": "integer"},
    **{"delivery_id": "varchar", "is_current": "boolean", "data_through": "date", "content_hash": "varchar"},
}
"""What is read of the selection that the release before was made of."""

RELEASE = {"release_id": "varchar", "as_of": "date", "is_defined_alike": "boolean", "is_selection_known": "boolean"}

DESTROYED = {"district_id": "varchar", "school_year": "integer"}

EARLIER = {
    "earlier_release": RELEASE,
    "earlier_figures": FIGURES,
    "earlier_restated": RESTATED,
    "earlier_selection": SERVED,
    "earlier_destroyed": DESTROYED,
}
"""Columns of each of these inputs, in the schema ``build``."""


@dataclass(frozen=True)
class EarlierRelease:
    """A sound release, and what a build compares itself with.

    Attributes:
        release_id: its name.
        as_of: the day that its figures speak of.
        code_hash: hash of the product that made it.
        config_hash: hash of the configuration that it was made with.
        figures: Parquet of ``fct_metric_value``.
        restated: Parquet of ``mart_restated_figure``; None in a release of a version that had none.
        selection: Parquet of what served; None where its build is gone, as in a restored home.
    """

    release_id: str
    as_of: date
    code_hash: str
    config_hash: str
    figures: Path
    restated: Path | None
    selection: Path | None


def select_earlier(
    earlier: EarlierRelease | None, code_hash: str, config_hash: str, destroyed: Iterable[DistrictYear] = ()
) -> dict[str, str]:
    """SQL of each input of a build that tells of the release before; without a row where there is none.

    Args:
        earlier: the release before.
        code_hash: hash of the product that builds.
        config_hash: hash of the configuration of the build.
        destroyed: districts' years of which anything was destroyed: what was said of them is told no more.
    """
    if earlier is None:
        return {name: select_nothing(columns) for name, columns in EARLIER.items()}
    alike = (earlier.code_hash, earlier.config_hash) == (code_hash, config_hash)
    known = str(earlier.selection is not None)
    told = zip((earlier.release_id, earlier.as_of.isoformat(), str(alike), known), RELEASE.items(), strict=True)
    values = ", ".join(f"{literal(value)}::{kind} as {name}" for value, (name, kind) in told)
    return {
        "earlier_release": f"select {values}",
        "earlier_figures": _select(earlier.figures, FIGURES),
        "earlier_restated": _select(earlier.restated, RESTATED),
        "earlier_selection": _select(earlier.selection, SERVED),
        "earlier_destroyed": " union all ".join([select_nothing(DESTROYED), *map(_select_year, destroyed)]),
    }


def _select_year(place: DistrictYear) -> str:
    district_id, school_year = place
    return f"select {literal(district_id)}, {school_year}"


def _select(path: Path | None, columns: Mapping[str, str]) -> str:
    """SQL of a Parquet file's rows, none without one; a column that an earlier version did not write is NULL."""
    import pyarrow.parquet as pq

    if path is None:
        return select_nothing(columns)
    present = set(pq.read_schema(path).names)
    cells = (f"{quote(name) if name in present else 'null'}::{kind} as {quote(name)}" for name, kind in columns.items())
    return f"select {', '.join(cells)} from read_parquet({literal(str(path.resolve()))}, hive_partitioning = false)"
