"""A dry run of deliveries: read and judge files as the night would, land nothing, keep nothing of a pupil.

Does not belong here: judging a first delivery across its files (``district_check.py``), or how a card looks
(``reporting``). It starts fast: neither Dagster nor Great Expectations nor dbt is imported.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType

from ingestion.collaborative import Collaborative
from ingestion.contract import load_contracts
from ingestion.mapping import Mapping, find_mapping
from ingestion.reading import read_delivery
from ingestion.vault import open_throwaway_vault
from reporting import check_report
from reporting.check_report import CheckedFile, describe_reading, describe_refused_archive
from reporting.report_card.terminal import build_renderable
from schoolstat.configured import load_whole
from schoolstat.unpacked import unpack_named

if TYPE_CHECKING:
    from ingestion.findings import Reading
    from ingestion.home import Home
    from reporting.report_card.card import ReportCard

VALID, UNMAPPED, REFUSED = 0, 2, 3


@dataclass(frozen=True)
class Checked:
    """What checking files has shown.

    Attributes:
        files: each file.
        code: 0 all valid, 2 a file has no mapping, 3 a file is refused.
        cards: the report card of each sender, as far as it is known before door 1.
    """

    files: list[CheckedFile]
    code: int
    cards: list[ReportCard]

    def to_dict(self) -> dict[str, Any]:
        """Values for JSON."""
        cards = [{**asdict(card), "card_hash": card.card_hash} for card in self.cards]
        return {**check_report.build_record(self.files), "report_cards": cards}

    def render(self) -> RenderableType:
        """Each file with its places, then the cards."""
        cards = [build_renderable(card, with_files=False) for card in self.cards]
        return Group(check_report.build_renderable(self.files), *cards)


def check(home: Home, collaborative_folder: Path, files: list[Path]) -> Checked:
    """Read each file under its mapping, and make the report cards that they would get."""
    from schoolstat.report_cards import cards_of_checked

    collaborative = load_whole(collaborative_folder)
    checked, code, readings = _read(collaborative, files)
    return Checked(checked, code, cards_of_checked(home, collaborative, readings))


def check_files(collaborative_folder: Path, files: list[Path]) -> tuple[list[CheckedFile], int]:
    """Read each file under its mapping.

    Returns:
        What was found, and the exit code: 0 all valid, 2 a file has no mapping, 3 a file is refused.
    """
    checked, code, _ = _read(load_whole(collaborative_folder), files)
    return checked, code


def _read(collaborative: Collaborative, files: list[Path]) -> tuple[list[CheckedFile], int, list[Reading]]:
    checked, code, readings = [], VALID, []
    vault = open_throwaway_vault()
    with unpack_named(files) as found:
        for file in found:
            if file.refusal is not None:
                checked.append(describe_refused_archive(file.named.name, file.refusal))
                code = REFUSED
                continue
            relative_path, mapping = _find_mapping(collaborative, file.named)
            if mapping is None:
                checked.append(CheckedFile(relative_path=file.named.name, outcome="no_mapping"))
                code = max(code, UNMAPPED)
                continue
            contract = load_contracts()[mapping.contract]
            reading = read_delivery(file.path, relative_path, mapping, contract, collaborative, vault)
            checked.append(describe_reading(reading))
            reading.close()  # a card shows no row: none is kept
            readings.append(reading)
            code = max(code, REFUSED if reading.state == "quarantined" else VALID)
    vault.close()
    return checked, code, readings


def _find_mapping(collaborative: Collaborative, path: Path) -> tuple[str, Mapping | None]:
    """The mapping of a file, told by its name and by as many of the folders above it as that takes."""
    parts = path.resolve().parts[1:]
    for number in range(1, len(parts) + 1):
        relative_path = "/".join(parts[-number:])
        mapping = find_mapping(collaborative.mappings, relative_path)
        if mapping is not None:
            return relative_path, mapping
    return path.name, None
