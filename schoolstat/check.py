"""A dry run of deliveries: read and judge files as the night would, land nothing, keep nothing of a pupil.

Starts in well under three seconds: neither Dagster nor Great Expectations nor dbt is imported.
"""

from __future__ import annotations

from pathlib import Path

from ingestion.collaborative import Collaborative
from ingestion.contract import load_contracts
from ingestion.mapping import Mapping, find_mapping
from ingestion.reading import read_delivery
from ingestion.vault import open_throwaway_vault
from reporting.check_report import CheckedFile, describe_reading
from schoolstat.configured import load_whole

VALID, UNMAPPED, REFUSED = 0, 2, 3


def check_files(collaborative_folder: Path, files: list[Path]) -> tuple[list[CheckedFile], int]:
    """Read each file under its mapping.

    Returns:
        What was found, and the exit code: 0 all valid, 2 a file has no mapping, 3 a file is refused.
    """
    collaborative = load_whole(collaborative_folder)
    checked, code = [], VALID
    vault = open_throwaway_vault()
    for path in files:
        relative_path, mapping = _find_mapping(collaborative, path)
        if mapping is None:
            checked.append(CheckedFile(relative_path=path.name, outcome="no_mapping"))
            code = max(code, UNMAPPED)
            continue
        contract = load_contracts()[mapping.contract]
        reading = read_delivery(path, relative_path, mapping, contract, collaborative, vault)
        checked.append(describe_reading(reading))
        code = max(code, REFUSED if reading.state == "quarantined" else VALID)
    vault.close()
    return checked, code


def _find_mapping(collaborative: Collaborative, path: Path) -> tuple[str, Mapping | None]:
    """The mapping of a file, told by its name and by as many of the folders above it as that takes."""
    parts = path.resolve().parts[1:]
    for number in range(1, len(parts) + 1):
        relative_path = "/".join(parts[-number:])
        mapping = find_mapping(collaborative.mappings, relative_path)
        if mapping is not None:
            return relative_path, mapping
    return path.name, None
