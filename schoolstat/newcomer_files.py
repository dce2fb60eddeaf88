"""A newcomer's files as they lie in a folder: of which year each is, and which mapping knows it.

Belongs here: walking the folder, and telling a mapping by the file's name or by its headings. Does not belong here:
reading rows (``ingestion.reading``), drafting a mapping (``mapping_suggestion.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingestion.collaborative import Collaborative
from ingestion.delivery_facts import MANIFEST_SUFFIX
from ingestion.known_names import all_mapping_paths
from ingestion.mapping import Mapping, find_mapping
from ingestion.mapping_files import SHIPPED, load_mapping
from ingestion.sample_columns import look_at
from ingestion.sheet import UnreadableFile
from ingestion.yaml_document import ConfigurationError

_YEAR = re.compile(r"(?:20\d\d)(?:-\d\d)?")
FEWEST_HEADINGS = 3
"""A mapping of fewer headings says too little to know a file by them."""


@dataclass(frozen=True)
class NewcomerFile:
    """One file of a newcomer.

    Attributes:
        path: where it lies.
        school_year: its school year.
        relative_path: where it will lie below the inbox.
        mapping: the mapping of the collaborative that knows it by name; None when there is none.
    """

    path: Path
    school_year: int
    relative_path: str
    mapping: Mapping | None


def find_files(folder: Path, district_id: str, year: int | None, collaborative: Collaborative) -> list[NewcomerFile]:
    """Every file of the folder, by name.

    A folder that is named after a year says the year of what lies in it, else ``year`` does, else the calendar's last.

    Raises:
        ConfigurationError: the folder holds no file.
    """
    found = [_place(path, folder, district_id, year, collaborative) for path in _walk(folder)]
    if not found:
        raise ConfigurationError([f"{folder}: holds no file; say with --folder where the district's files lie"])
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not path.is_symlink() and not hidden and not path.name.endswith(MANIFEST_SUFFIX):
            yield path


def _place(path: Path, folder: Path, district_id: str, year: int | None, collaborative: Collaborative) -> NewcomerFile:
    named = [int(part[:4]) for part in path.relative_to(folder).parts[:-1] if re.fullmatch(r"20\d\d", part)]
    last = max(period.school_year for period in collaborative.periods)
    school_year = named[-1] if named else year or last
    relative_path = f"{district_id}/{school_year}/{path.name}"
    return NewcomerFile(path, school_year, relative_path, find_mapping(collaborative.mappings, relative_path))


def find_base(path: Path, own: Sequence[Path]) -> Path | None:
    """The mapping whose every heading the file has: of districts' own files, and the one that reads most of them."""
    try:
        headings = {column.heading for column in look_at(path).columns}
    except UnreadableFile:
        return None
    fitting = [
        (len(mapping.columns), base)
        for base, mapping in [*_loaded(tuple(own)), *_loaded(tuple(_shipped()))]
        if _reads(mapping, headings)
    ]
    return max(fitting, key=lambda each: each[0])[1] if fitting else None


def _shipped() -> list[Path]:
    return [path for path in all_mapping_paths() if path.is_relative_to(SHIPPED)]


@cache
def _loaded(paths: tuple[Path, ...]) -> list[tuple[Path, Mapping]]:
    return list(_load(paths))


def _load(paths: Iterable[Path]) -> Iterator[tuple[Path, Mapping]]:
    for path in paths:
        try:
            yield path, load_mapping(path)[0]
        except ConfigurationError:
            continue  # whoever loads the collaborative is told


def _reads(mapping: Mapping, headings: set[str]) -> bool:
    named = {column.heading for column in mapping.columns.values() if column.heading}
    wanted = {column.heading for column in mapping.columns.values() if column.heading and not column.optional}
    is_of_a_district = mapping.districts is None and "district_id" in mapping.match_groups
    is_found = 2 * len(named & headings) >= len(named)  # as a delivery's row of headings is
    return is_of_a_district and is_found and len(wanted) >= FEWEST_HEADINGS and wanted <= headings
