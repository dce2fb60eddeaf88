"""What is wrong with the files that a night refused, for the person who reads its report.

Belongs here: reading a refused file once more, as ``schoolstat check`` would. The night itself keeps no finding, as its
words may quote what the file says. Does not belong here: the full report (``check.py``).
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingestion.archive import SourceLost
from ingestion.contract import load_contracts
from ingestion.home import INCOMING, Home
from ingestion.mapping import find_mapping
from reporting.night_summary import LISTED, FileLine

if TYPE_CHECKING:
    from ingestion.collaborative import Collaborative
    from ingestion.findings import Finding

LARGEST_READ_AGAIN = 20_000_000
"""Bytes; a report does not wait for a larger file."""


def explain(home: Home, collaborative: Collaborative, files: Iterable[FileLine]) -> tuple[FileLine, ...]:
    """The files, those with something refused with a hint, and the first refused ones with their first finding."""
    explained, inbox, left = [], home.recorded_inbox(), LISTED
    for file in files:
        folder = home.path if file.relative_path.startswith(f"{INCOMING}/") else inbox
        path = folder / file.relative_path if folder else None
        has_refusals = file.outcome == "quarantined" or (file.outcome == "landed" and file.rows_rejected > 0)
        if has_refusals and path and path.is_file():
            file = replace(file, hint=f"schoolstat check {shlex.quote(str(path))}")
            if file.outcome == "quarantined" and left > 0:
                left -= 1
                file = replace(file, finding=_first_finding(collaborative, path, file.relative_path))
        explained.append(file)
    return tuple(explained)


def _first_finding(collaborative: Collaborative, path: Path, relative_path: str) -> str:
    """The first thing that refuses the file as it lies there now; empty when it is not known."""
    from ingestion.reading import read_delivery
    from ingestion.vault import open_throwaway_vault

    mapping = find_mapping(collaborative.mappings, relative_path)
    if mapping is None or path.stat().st_size > LARGEST_READ_AGAIN:
        return ""
    vault = open_throwaway_vault()
    try:
        contract = load_contracts()[mapping.contract]
        reading = read_delivery(path, relative_path, mapping, contract, collaborative, vault)
    except (OSError, SourceLost):
        return ""
    finally:
        vault.close()
    errors = [finding for finding in reading.findings if finding.severity == "error"]
    of_the_file = [finding for finding in errors if finding.scope == "file"]
    return _words((of_the_file or errors)[0]) if errors else ""


def _words(finding: Finding) -> str:
    line = f"line {finding.line}" if finding.line else ""
    column = f"column '{finding.column}'" if finding.column else ""
    place = ", ".join(part for part in (line, column) if part)
    return ": ".join(part for part in (place, finding.rule_id, finding.message) if part)
