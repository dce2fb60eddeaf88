"""What districts send: the contracts, with the headings as a sender writes them.

Belongs here: finding contract and mapping, and showing them in the terminal. Does not belong here: pages and templates
(``schoolstat.contract_pages``, ``schoolstat.contract_workbook``).
"""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table

from ingestion.configuration import load_collaborative
from ingestion.contract import Contract, load_contracts
from ingestion.mapping import Mapping
from ingestion.sender_guide import HeadingGuide, guide_headings
from ingestion.yaml_document import ConfigurationError
from reporting.plain_text import show

TEMPLATE = Path(__file__).resolve().parent.parent / "collaboratives" / "template"
"""The collaborative that newcomers begin with: its mappings have the headings that the documents show."""


@dataclass(frozen=True)
class Extract:
    """One extract of districts: its contract, and the mapping of a district's own file."""

    contract: Contract
    mapping: Mapping

    @property
    def name(self) -> str:
        """The contract's name, which is the file's."""
        return self.contract.name

    @property
    def headings(self) -> list[HeadingGuide]:
        """What a sender is told of each heading."""
        return guide_headings(self.mapping, self.contract)

    def to_dict(self) -> dict[str, object]:
        """As values for JSON."""
        contract = self.contract.model_dump(mode="json", exclude_defaults=True)
        return {"contract": contract, "headings": [asdict(heading) for heading in self.headings]}

    def render(self) -> Group:
        """For the terminal."""
        contract = self.contract
        head = [
            show(f"{contract.name}, version {contract.version}: {contract.title}", "bold"),
            show(f"{contract.domain}, {contract.cadence.replace('_', '-')}; feeds {', '.join(contract.feeds)}"),
            show(contract.description),
            *([show(contract.notes)] if contract.notes else []),
        ]
        return Group(*head, *(line for each in self.headings for line in _heading_lines(each)))


def _heading_lines(heading: HeadingGuide) -> list[RenderableType]:
    """A heading and what stands below it; a table of all of it would break words."""
    filled = {"yes": ", must be filled"}.get(heading.must_be_filled, "")
    lines: list[RenderableType] = [show(f"{heading.heading}: {heading.kind}{filled}", "bold")]
    told = [heading.what, f"one of {', '.join(heading.allowed)}" if heading.allowed else ""]
    return lines + [Padding(show(text), (0, 0, 0, 2)) for text in told if text]


@dataclass(frozen=True)
class Extracts:
    """All extracts of districts."""

    extracts: tuple[Extract, ...]

    def to_dict(self) -> list[dict[str, object]]:
        """As values for JSON."""
        keys = ("name", "version", "title", "domain", "cadence")
        return [
            {**{key: getattr(each.contract, key) for key in keys}, "columns": len(each.contract.columns)}
            for each in self.extracts
        ]

    def render(self) -> Table:
        """For the terminal."""
        table = Table("extract", "domain", "cadence", "what", box=box.SIMPLE, pad_edge=False)
        for row in self.to_dict():
            table.add_row(*(show(str(row[key])) for key in ("name", "domain", "cadence", "title")))
        return table


def find_extracts(collaborative: Path | None = None) -> Extracts:
    """Every extract that a district's own file fills, by domain and name.

    Args:
        collaborative: whose mappings say the headings; by default the template's.
    """
    contracts = load_contracts()
    mappings = load_collaborative(collaborative or TEMPLATE).mappings
    own = {mapping.contract: mapping for mapping in mappings if mapping.sender is None}
    found = [Extract(contracts[name], mapping) for name, mapping in own.items()]
    return Extracts(tuple(sorted(found, key=lambda each: (each.contract.domain, each.name))))


def find_extract(name: str, collaborative: Path | None = None) -> Extract:
    """One extract by its name.

    Raises:
        ConfigurationError: no district's own file of that name is read.
    """
    extracts = find_extracts(collaborative).extracts
    for extract in extracts:
        if extract.name == name:
            return extract
    known = ", ".join(sorted(extract.name for extract in extracts))
    raise ConfigurationError([f"{name}: is no extract that a district sends; known are {known}"])


def print_template(extract: Extract) -> str:
    """The headings as the first line of a file, to be filled in below."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow([each.heading for each in extract.headings])
    return text.getvalue()
