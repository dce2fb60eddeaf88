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


def landed(repository: Path, records: Path, name: str, folders: Iterable[str]) -> dict[Key, Decimal]:
    """The figures that land of every file of a state's folders."""
    collaborative = load_collaborative(repository / "collaboratives" / name) if name else None
    found: dict[Key, Decimal] = {}
    for path in sorted(path for folder in folders for path in (records / folder).rglob("*") if path.is_file()):
        file = path.relative_to(records).as_posix()
        mapping = find_mapping(collaborative.mappings, file.removesuffix(".gz")) if collaborative else None
        if collaborative and (mapping is None or not _is_spending(mapping)):
            continue
        reading = read_public_file(path, file, collaborative, repository)
        if reading is not None and "vintage_A" not in file:
            assert reading.state == "accepted", (file, [each.message for each in reading.problems])
            found |= _figures(reading.table.to_pylist())
    return found


def _is_spending(mapping: Any) -> bool:
    return mapping.contract == "state_reported_measures" and any(
        str(row.get("metric_id", "")).startswith(("PPE.", "SS.D05")) for row in mapping.rows
    )


def served(release: Path) -> dict[Key, Decimal]:
    """The figures that a release serves."""
    with duckdb.connect(str(release), read_only=True) as connection:
        rows = connection.execute(
            "select school_year, entity_id, metric_id, breakdown, value, numerator, denominator, value_status "
            "from mart_metric_value where basis = 'reported' and (metric_id like 'PPE.%' or metric_id = 'SS.D05')"
        ).fetchall()
    names = ("school_year", "entity_id", "metric_id", "breakdown", *PARTS, "value_status")
    return _figures(dict(zip(names, row, strict=True)) for row in rows)


def _figures(rows: Iterable[dict[str, Any]]) -> dict[Key, Decimal]:
    return {
        (row["school_year"], row["entity_id"], row["metric_id"], row["breakdown"], part): row[part]
        for row in rows
        if row["value_status"] == "reported"
        for part in PARTS
        if row[part] is not None
    }
