"""Our figures: as the mappings land them, or as a release serves them.

Belongs here: reading either into one shape. Does not belong here: what was published (``published.py``).

What the mappings land is what the marts serve with the basis ``reported``, figure for figure: a night shows that
(``python -m tests.states HOME STATE FOLDER``), the tests read the files alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ingestion.configuration import load_collaborative
from ingestion.mapping import find_mapping
from tests.ingestion.public_records import read_public_file
from tests.states.comparing import Key

PARTS = ("value", "numerator", "denominator")
SPENDING = ("PPE.", "SS.D05")


def landed(
    repository: Path, records: Path, name: str, folders: Iterable[str], metrics: tuple[str, ...] = SPENDING
) -> dict[Key, Decimal]:
    """The figures that land of every file of a state's folders that fills such metrics, by how ids begin."""
    collaborative = load_collaborative(repository / "collaboratives" / name) if name else None
    found: dict[Key, Decimal] = {}
    for path in sorted(path for folder in folders for path in (records / folder).rglob("*") if path.is_file()):
        file = path.relative_to(records).as_posix()
        mapping = find_mapping(collaborative.mappings, file.removesuffix(".gz")) if collaborative else None
        if collaborative and (mapping is None or not _is_of(mapping, metrics)):
            continue
        reading = read_public_file(path, file, collaborative, repository)
        if reading is not None and "vintage_A" not in file:
            assert reading.state == "accepted", (file, [each.message for each in reading.problems])
            found |= _figures(reading.table.to_pylist())
    return found


def _is_of(mapping: Any, metrics: tuple[str, ...]) -> bool:
    return mapping.contract == "state_reported_measures" and any(
        str(row.get("metric_id", "")).startswith(metrics) for row in mapping.rows
    )


def slice_of(breakdown: str, subgroup: str) -> str:
    """Breakdown and group as one part of a key."""
    return breakdown if subgroup == "all" else f"{breakdown} of {subgroup}"


def served(release: Path, metrics: tuple[str, ...] = SPENDING) -> dict[Key, Decimal]:
    """The figures that a release serves."""
    chosen = " or ".join(f"starts_with(metric_id, '{metric}')" for metric in metrics)
    with duckdb.connect(str(release), read_only=True) as connection:
        rows = connection.execute(
            "select school_year, entity_id, metric_id, subgroup, breakdown, value, numerator, denominator, "
            f"value_status from mart_metric_value where basis = 'reported' and ({chosen})"
        ).fetchall()
    names = ("school_year", "entity_id", "metric_id", "subgroup", "breakdown", *PARTS, "value_status")
    return _figures(dict(zip(names, row, strict=True)) for row in rows)


def _figures(rows: Iterable[dict[str, Any]]) -> dict[Key, Decimal]:
    """By place; what is a share of two counts has a rate that is worked out of them, beside the value as printed."""
    found: dict[Key, Decimal] = {}
    for row in rows:
        if row["value_status"] == "reported":
            where = slice_of(row["breakdown"], row["subgroup"])
            key = (row["school_year"], row["entity_id"], row["metric_id"], where)
            found |= {(*key, part): row[part] for part in PARTS if row[part] is not None}
            if row["metric_id"].startswith("SS.A") and row["numerator"] is not None and row["denominator"]:
                found[*key, "rate"] = (row["numerator"] / row["denominator"]).quantize(Decimal("0.0000000001"))
    return found
