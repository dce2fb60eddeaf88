"""``python -m synthetic.bench.landing COLLABORATIVE INBOX HOME RESULT``: an inbox landed, and looked at once more.

Belongs here: that process, what it found, and a row of the table from it and from DuckDB alone. Does not belong here:
measuring (``measured.py``), the floor (``typed.py``).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection
from pathlib import Path

from synthetic.bench.measured import measure
from synthetic.bench.table import Row
from synthetic.bench.typed import find_types

LARGE = ("attendance", "enrollments", "gl_actuals")
"""The extracts with the most rows: what a file costs whatever is in it, counts for little there."""


def run(collaborative_folder: Path, inbox: Path, home_folder: Path) -> dict[str, float]:
    """Land the inbox; then find nothing new in it: how many files and rows, and the CPU seconds of the second look."""
    from ingestion.configuration import load_collaborative
    from ingestion.home import Home
    from ingestion.inbox import process_inbox
    from ingestion.ledger import open_ledger

    home = Home(home_folder).ensure()
    collaborative = load_collaborative(collaborative_folder)
    with home.lock():
        ledger = open_ledger(home)
        landed = process_inbox(home, ledger, collaborative, inbox)
        begun = time.process_time()
        process_inbox(home, ledger, collaborative, inbox)
        again = time.process_time() - begun
        ledger.close()
    rows = sum(file.rows_in for file in landed.files)
    return {"files": len(landed.files), "rows": rows, "again": again}


def compare(scale: str, what: str, collaborative: Path, inbox: Path, folder: Path) -> Row:
    """A row of the table: an inbox landed, beside its files written by DuckDB alone."""
    folder.mkdir(parents=True)
    (folder / "typed").mkdir()
    types, result, log = folder / "types.json", folder / "result.json", folder / "log"
    found = find_types(collaborative, inbox)
    types.write_text(json.dumps(found), encoding="utf-8")
    megabytes = sum((inbox / path).stat().st_size for path in found) / 1e6
    bare = measure("synthetic.bench.typed", [str(inbox), str(folder / "typed"), str(types)], log)
    places = [str(path) for path in (collaborative, inbox, folder / "home", result)]
    ours = measure("synthetic.bench.landing", places, log)
    counted = json.loads(result.read_text(encoding="utf-8"))
    cpu_seconds = ours.cpu_seconds - counted["again"]
    return (
        scale, what, f"{counted['files']:,.0f}", f"{counted['rows']:,.0f}", f"{megabytes:.0f}", f"{cpu_seconds:.1f}",
        f"{bare.cpu_seconds:.1f}", f"{cpu_seconds / bare.cpu_seconds:.2f}", f"{ours.peak_mib:.0f}",
        f"{counted['again'] / counted['files'] * 1000:.2f}",
    )  # fmt: skip


def link_files(inbox: Path, target: Path, extracts: Collection[str]) -> Path:
    """An inbox of some extracts alone, with what lies beside each of their files."""
    for path in sorted(inbox.glob("*/*/*")):
        if path.name.partition(".")[0] in extracts:
            place = target / path.relative_to(inbox)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(path, place)
    return target


if __name__ == "__main__":
    *folders, written = map(Path, sys.argv[1:])
    written.write_text(json.dumps(run(*folders)), encoding="utf-8")
