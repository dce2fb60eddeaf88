"""Files as a district sends them: one an extract, each with a manifest beside it.

Belongs here: bytes and manifests. Does not belong here: what the rows say.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv

from ingestion.contract import load_contracts
from ingestion.delivery_facts import MANIFEST_SUFFIX

PRODUCER = "SchoolStat's generator: synthetic records of nobody"
_HAS_NAMES = {"students", "calendar"}


@dataclass(frozen=True)
class Night:
    """One night's folder, and the day that its files stand for."""

    folder: Path
    as_of: date


def write_extract(night: Night, district_id: str, school_year: int, extract: str, table: pa.Table) -> Path:
    """Write one extract of a district and year, with its manifest."""
    content = io.BytesIO()
    quoting = "needed" if extract in _HAS_NAMES else "none"
    pacsv.write_csv(table, content, pacsv.WriteOptions(quoting_style=quoting, quoting_header="none"))
    return write_bytes(night, district_id, school_year, extract, content.getbuffer(), table.num_rows)


def write_bytes(
    night: Night,
    district_id: str,
    school_year: int,
    extract: str,
    content: bytes | memoryview,
    rows: int,
) -> Path:
    """Write a file as it is, with a manifest that promises it."""
    folder = night.folder / district_id / str(school_year)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{extract}.csv"
    path.write_bytes(content)
    manifest = {
        "file": path.name,
        "rows": rows,
        "sha256": hashlib.sha256(content).hexdigest(),
        "school_year": school_year,
        "as_of": min(night.as_of, date(school_year, 6, 30)).isoformat(),
        "producer": PRODUCER,
        "contract_version": load_contracts()[extract].version,
    }
    path.with_name(path.name + MANIFEST_SUFFIX).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return path
