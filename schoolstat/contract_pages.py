"""The documents about what a district sends: one page for each domain, and one that lists them all.

Belongs here: Markdown out of contracts and mappings. Does not belong here: what is told of a heading
(``ingestion.sender_guide``). ``schoolstat contracts pages docs/records`` writes them; a test compares.
"""

from __future__ import annotations

import csv
import io
import textwrap
from itertools import groupby
from pathlib import Path

from ingestion.sender_guide import HeadingGuide
from schoolstat.contracts import Extract, find_extracts

_WIDTH = 120
_WRITTEN = "<!-- Written by `schoolstat contracts pages docs/records` out of contracts and mappings: change those. -->"
_HEAD = "| heading | type | must be filled | allowed words | personal | feeds | what |"


def write_pages(folder: Path) -> list[Path]:
    """Write the list and a page for each domain; gives what was written."""
    folder.mkdir(parents=True, exist_ok=True)
    pages = build_pages()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in pages]


def build_pages() -> dict[str, str]:
    """Every page by its file's name."""
    extracts = find_extracts().extracts
    pages = {"README.md": _build_list(extracts)}
    for domain, members in groupby(extracts, key=lambda extract: extract.contract.domain):
        parts = [_WRITTEN, f"# Records of the domain {domain}", *map(build_section, members)]
        pages[f"{domain}.md"] = "\n\n".join(parts) + "\n"
    return pages


def _build_list(extracts: tuple[Extract, ...]) -> str:
    lines = ["| file | domain | how often | version | what |", "|---|---|---|---|---|"]
    for each in extracts:
        contract = each.contract
        link = f"[`{each.name}.csv`]({contract.domain}.md#{each.name}csv)"
        how_often = contract.cadence.replace("_", "-")
        lines.append(f"| {link} | {contract.domain} | {how_often} | {contract.version} | {contract.description} |")
    return "\n\n".join([_WRITTEN, "# Files that a district sends", "\n".join(lines)]) + "\n"


def build_section(extract: Extract) -> str:
    """What a page says of one extract: what a row is, each heading, and a row that is taken."""
    contract, mapping = extract.contract, extract.mapping
    parts = [f"## `{extract.name}.csv`", _wrap(contract.description)]
    if contract.notes:
        parts.append(_wrap(contract.notes))
    if contract.parts_of_a_sum:
        parts.append("Rows are added up, so that one refused row refuses the whole file.")
    parts.append("\n".join([_HEAD, "|---|---|---|---|---|---|---|", *map(_line, extract.headings)]))
    if mapping.ignored_headings:
        parts.append(f"May stand there, is never read: {', '.join(f'`{each}`' for each in mapping.ignored_headings)}.")
    standards = ("Ed-Fi", contract.edfi), ("OneRoster 1.2", contract.oneroster)
    said = [f"{name} {words}" for name, words in standards if words]
    parts.append(_wrap(f"Feeds {', '.join(contract.feeds)}." + (f" Like {'; '.join(said)}." if said else "")))
    return "\n\n".join([*parts, f"```csv\n{print_example(extract)}```"])


def print_example(extract: Extract) -> str:
    """The headings, and one made-up row that is taken."""
    text = io.StringIO(newline="")
    headings = extract.headings
    csv.writer(text, lineterminator="\n").writerows(
        [[each.heading for each in headings], [each.example for each in headings]]
    )
    return text.getvalue()


def _line(each: HeadingGuide) -> str:
    allowed = [text if text == meaning else f"{text} = {meaning}" for text, meaning in each.allowed.items()]
    personal = "" if each.personal == "none" else each.personal.replace("_", " ")
    cells = (f"`{each.heading}`", each.kind, each.must_be_filled, ", ".join(allowed), personal, ", ".join(each.feeds))
    return f"| {' | '.join((*cells, each.what))} |"


def _wrap(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_on_hyphens=False, break_long_words=False)
