"""A dry run of deliveries: read and judge files as the night would, land nothing.

Starts in well under three seconds: neither Dagster nor Great Expectations nor dbt is imported.
"""

from __future__ import annotations

from pathlib import Path

from ingestion.configuration import load_collaborative
from ingestion.contract import load_contracts
from ingestion.mapping import find_mapping
from ingestion.reading import read_delivery
from reporting.check_report import CheckedFile, describe_reading

VALID, UNMAPPED, REFUSED = 0, 2, 3


def check_files(collaborative_folder: Path, files: list[Path]) -> tuple[list[CheckedFile], int]:
    """Read each file under its mapping.

    Returns:
        What was found, and the exit code: 0 all valid, 2 a file has no mapping, 3 a file is refused.
    """
    collaborative = load_collaborative(collaborative_folder)
    checked, code = [], VALID
    for path in files:
        mapping = find_mapping(collaborative.mappings, path.name)
        if mapping is None:
            checked.append(CheckedFile(relative_path=path.name, outcome="no_mapping"))
            code = max(code, UNMAPPED)
            continue
        reading = read_delivery(path, path.name, mapping, load_contracts()[mapping.contract], collaborative)
        checked.append(describe_reading(reading))
        code = max(code, REFUSED if reading.state == "quarantined" else VALID)
    return checked, code
