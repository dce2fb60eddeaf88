"""A draft mapping for a file that no mapping covers.

Belongs here: what the draft is called and which files it is meant for, and showing what it was drawn from. Does not
belong here: suggesting (``ingestion.suggestions``), writing the draft (``ingestion.draft_mapping``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ingestion.contract import load_contracts
from ingestion.draft_mapping import write_draft
from ingestion.known_names import all_mapping_paths, gather, load_all_mappings
from ingestion.mapping_files import own_mappings
from ingestion.sample_columns import Sample, look_at
from ingestion.sheet import UnreadableFile
from ingestion.suggestions import Suggested, Suggester
from ingestion.yaml_document import ConfigurationError
from reporting.plain_text import count, show

ANY_DISTRICT = "[0-9A-Za-z]+"
_SPECIAL = re.compile(r"[.^$*+?{}\[\]\\|()]")
_YEAR = re.compile(r"(?<!\d)20\d\d(?:[-_]\d\d)?(?!\d)")


@dataclass(frozen=True)
class Draft:
    """A draft, and what it was drawn from.

    Attributes:
        path: the file that it is for.
        name: the mapping's name.
        suggested: the contract and the columns.
        text: the draft itself.
        written_to: where it was written; None when it was not.
    """

    path: Path
    name: str
    suggested: Suggested
    text: str
    written_to: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """As values for JSON."""
        return {
            "file": str(self.path),
            "mapping": self.name,
            "contract": self.suggested.contract.name,
            "other_contracts": list(self.suggested.others),
            "columns": [
                {
                    "heading": each.source.heading,
                    "column": each.column,
                    "is_sure": each.is_sure,
                    "score": round(each.score, 2),
                    "others": list(each.others),
                }
                for each in self.suggested.columns
            ],
            "missing": [column.name for column in self.suggested.missing],
            "written_to": str(self.written_to) if self.written_to else None,
            "draft": self.text,
        }

    def render(self) -> RenderableType:
        """For the terminal: what each heading is taken for, what is missing, and where the draft lies."""
        table = Table(title=f"{self.path.name}: {self.suggested.contract.name}", title_justify="left")
        for title in ("heading", "column", "how sure", "told by"):
            table.add_column(title, overflow="fold")
        read = [each for each in self.suggested.columns if each.column]
        for each in read:
            known = each.known
            by = (known.mapping or known.kind) if known else ""
            sure = "sure" if each.is_sure else f"doubtful{''.join(f', or {other}' for other in each.others)}"
            table.add_row(Text(each.source.heading), Text(each.column or ""), Text(sure), Text(by))
        n_left = len(self.suggested.columns) - len(read)
        parts: list[RenderableType] = [table, show(f"not read: {count(n_left, 'column')}")]
        if self.suggested.missing:
            names = ", ".join(column.name for column in self.suggested.missing)
            parts.append(show(f"no heading was found for {names}: say it in the draft", "yellow"))
        if self.written_to:
            parts.append(show(f"written to {self.written_to}: look at each line with a question mark"))
        return Group(*parts)


def draft_mapping(
    path: Path,
    contract: str | None = None,
    collaborative: Path | None = None,
    district: str | None = None,
    name: str | None = None,
) -> Draft:
    """Suggest a mapping for a file.

    Args:
        path: the file.
        contract: the contract that it is known to be for.
        collaborative: folder whose own mappings are learned from too.
        district: whose file it is; any district's if left out.
        name: the mapping's name; made of the file's name if left out.

    Raises:
        ConfigurationError: the file is no table, or nothing in it looks like anything known.
    """
    if contract is not None and contract not in load_contracts():
        raise ConfigurationError([f"--contract {contract}: known are {', '.join(sorted(load_contracts()))}"])
    try:
        sample = look_at(path)
    except UnreadableFile as fault:
        raise ConfigurationError([f"{path.name}: {fault}"]) from None
    suggested = _suggest(sample, contract, collaborative)
    if suggested is None:
        words = "none of its headings is like one that is known; say with --contract what it holds"
        raise ConfigurationError([f"{path.name}: {words}"])
    name = name or name_of(path, district)
    text = write_draft(sample, suggested, name, pattern_of(path, district))
    return Draft(path, name, suggested, text)


def write(draft: Draft, target: Path) -> Draft:
    """Write the draft where no file lies yet.

    Raises:
        ConfigurationError: a file lies there.
    """
    if target.exists():
        raise ConfigurationError([f"{target}: is there already; give another name with -o"])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(draft.text, encoding="utf-8")
    return Draft(draft.path, draft.name, draft.suggested, draft.text, target)


def name_of(path: Path, district: str | None) -> str:
    """A mapping's name: the file's words, behind its district."""
    words = re.findall(r"[a-z]+|\d+", _YEAR.sub("", path.stem).lower())
    said = "_".join(word for word in words if not word.isdigit()) or "file"
    return f"d{district.lower()}_{said}" if district else said


def pattern_of(path: Path, district: str | None) -> str:
    """The files that it is meant for: of that district and any year, whatever digits stand in their names."""
    parts = [r"\d{4}(?:[-_]\d{2})?" if _YEAR.fullmatch(part) else _any_digits(part) for part in _split(path.name)]
    return f"(?P<district_id>{district or ANY_DISTRICT})/(?P<school_year>\\d{{4}})/{''.join(parts)}"


def _split(text: str) -> list[str]:
    return [part for part in re.split(f"({_YEAR.pattern})", text) if part]


def _any_digits(text: str) -> str:
    return "".join(
        r"\d+" if part.isdigit() else _SPECIAL.sub(r"\\\g<0>", part) for part in re.split(r"(\d+)", text) if part
    )


def _suggest(sample: Sample, contract: str | None, collaborative: Path | None) -> Suggested | None:
    own = tuple(own_mappings(collaborative / "mappings")) if collaborative else ()
    return _suggester(own).suggest([column.source for column in sample.columns], contract, sample.path.stem)


@cache
def _suggester(own: Sequence[Path]) -> Suggester:
    return Suggester(gather(load_all_mappings([*all_mapping_paths(), *own])))
